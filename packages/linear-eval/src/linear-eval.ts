import { featuresPath, type Neighbours, writeFeatures, writeNeighbours } from '@simclr/artifacts';
import { type Evaluation, evaluateInputs, summaryMetrics, tellFlags, writeEvaluations } from '@simclr/evaluation';
import { requireShape } from '@simclr/evaluation/input-shape';
import { chooseEvaluated } from '@simclr/evaluation/wiring';
import { nearestNeighbours, takeRows } from '@simclr/probe';
import { inputsOf, permutation, type StageContext, type StageResult } from '@simclr/stage';
import { DATASET_KEY, type LinearEvalConfig } from './config.ts';

/**
 * Evaluates the encoder on a dataset, and writes results and neighbours. Where it extracts the features itself, it writes
 * those too, and the dataset is of the encoder's own input shape, or of files of any size.
 */
export async function linearEval(context: StageContext<LinearEvalConfig>): Promise<StageResult> {
  const { config, inputs, out, log, seed } = context;
  const [first] = await evaluateInputs(context, {
    datasets: (given, encoder) => [chooseEvaluated(given, config.dataset, encoder, DATASET_KEY)],
    check: (dataset, shape, encoder) => requireShape(dataset, shape, encoder.inputShape),
  });
  const { evaluation } = first!;
  const metrics = { ...summaryMetrics(evaluation.rows, 'linear'), ...tellFlags(evaluation.flags, log) };
  log.metrics(metrics);
  if (!inputsOf(inputs, 'features').length) {
    await writeFeatures(featuresPath(out, 'pretrained', 'train'), evaluation.train);
    await writeFeatures(featuresPath(out, 'pretrained', 'test'), evaluation.test);
  }
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
