import { featuresPath, type Neighbours, writeFeatures, writeNeighbours } from '@simclr/artifacts';
import { nearestNeighbours, takeRows } from '@simclr/probe';
import { closeEncoded, loadInput } from '@simclr/shards';
import { inputFolder, permutation, type StageContext, type StageResult } from '@simclr/stage';
import { availableCores, logMachine } from '@simclr/tensorflow';
import { evaluationImages } from '@simclr/views';
import type { LinearEvalConfig } from './config.ts';
import { hashWeights, imagePolicy, openEncoder } from './encoder.ts';
import { type Evaluation, evaluateDataset, summaryMetrics, tellRows } from './evaluate-dataset.ts';
import { requireShape } from './input-shape.ts';
import { writeEvaluations } from './write-evaluations.ts';

/** Evaluates the encoder on a dataset of its own input shape, or of files of any size, and writes features, results and neighbours. */
export async function linearEval({
  config,
  inputs,
  out,
  log,
  seed,
  signal,
}: StageContext<LinearEvalConfig>): Promise<StageResult> {
  const encoder = await openEncoder(inputFolder(inputs, 'pretrain'));
  const name = config.dataset ?? encoder.info.dataset;
  const ingest = inputFolder(inputs, 'ingest');
  const splits = [loadInput(ingest, name, 'train', log), loadInput(ingest, name, 'test', log)];
  const policy = imagePolicy(encoder.info, name);
  const [train, test] = splits.map((images) => evaluationImages(images, policy, availableCores()));
  requireShape(name, splits[0]!.shape, encoder.info.inputShape);
  logMachine(log);
  log.params({ 'encoder.hash': hashWeights(encoder.weights) });
  const evaluation = await evaluateDataset({ name, train: train!, test: test!, encoder, config, seed, log, signal });
  encoder.graph.dispose();
  for (const images of splits) if (!images.shape) closeEncoded(images);

  tellRows(evaluation.rows, log);
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
