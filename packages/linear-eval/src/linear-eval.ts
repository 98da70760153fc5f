import { featuresPath, type Neighbours, writeFeatures, writeNeighbours } from '@simclr/artifacts';
import { openEncoder } from '@simclr/encoders';
import { type Evaluation, evaluateInput, summaryMetrics, writeEvaluations } from '@simclr/evaluation';
import { requireShape } from '@simclr/evaluation/input-shape';
import { nearestNeighbours, takeRows } from '@simclr/probe';
import { inputFolder, permutation, type StageContext, type StageResult } from '@simclr/stage';
import { logMachine } from '@simclr/tensorflow';
import type { LinearEvalConfig } from './config.ts';

/** Evaluates the encoder on a dataset of its own input shape, or of files of any size, and writes features, results and neighbours. */
export async function linearEval(context: StageContext<LinearEvalConfig>): Promise<StageResult> {
  const { config, inputs, out, log, seed } = context;
  const encoder = await openEncoder(inputFolder(inputs, 'pretrain'));
  const name = config.dataset ?? encoder.dataset;
  logMachine(log);
  log.params({ 'encoder.hash': encoder.digest, 'encoder.parameters': encoder.parameters });
  const evaluation = await evaluateInput(name, {
    ...context,
    encoder,
    ingest: inputFolder(inputs, 'ingest'),
    check: (shape) => requireShape(name, shape, encoder.inputShape),
  });
  encoder.dispose();

  const metrics = summaryMetrics(evaluation, 'linear');
  log.metrics(metrics);
  await writeFeatures(featuresPath(out, 'pretrained', 'train'), evaluation.train);
  await writeFeatures(featuresPath(out, 'pretrained', 'test'), evaluation.test);
  writeNeighbours(out, neighbours(evaluation, config, seed));
  writeEvaluations(out, [evaluation]);
  return { metrics };
}

/** Stream of the draw of query images. */
const QUERY_STREAM = 0x717279;

/** The training images nearest to some test images, by the cosine of their features. */
function neighbours({ train, test }: Evaluation, config: LinearEvalConfig, seed: number): Neighbours {
  const k = Math.min(config.neighbours.k, train.labels.length);
  const queries = permutation(test.labels.length, seed, QUERY_STREAM).subarray(0, config.neighbours.queries);
  if (queries.length === 0) return { queries: [], neighbours: [] };
  const { rows } = nearestNeighbours(train.features, takeRows(test, queries).features, train.dim, k);
  return { queries: [...queries], neighbours: Array.from(queries, (_, i) => [...rows.subarray(i * k, (i + 1) * k)]) };
}
