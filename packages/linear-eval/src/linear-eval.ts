import type { Neighbours } from '@simclr/artifacts';
import { writeNeighbours } from '@simclr/artifacts';
import {
  type Evaluation,
  evaluateSources,
  type FeatureSource,
  summaryMetrics,
  tellFlags,
  writeEvaluations,
} from '@simclr/evaluation';
import { requireUsed } from '@simclr/evaluation/require-used';
import { nearestNeighbours, takeRows } from '@simclr/probe';
import { permutation, type StageContext } from '@simclr/stage';
import type { LinearEvalConfig } from './config.ts';

/** Evaluates features of a dataset, and writes results and neighbours. */
export async function linearEval(
  context: StageContext<LinearEvalConfig>,
  sources: AsyncIterable<FeatureSource>,
): Promise<Evaluation & { metrics: Record<string, number> }> {
  const { config, out, log, seed } = context;
  requireUsed(config, 'linear-eval'); // DVC by hand asks for no plan.
  const [first] = await evaluateSources(sources, context);
  const { evaluation } = first!;
  const metrics = { ...summaryMetrics(evaluation.rows, 'linear'), ...tellFlags(evaluation.flags, log) };
  log.metrics(metrics);
  writeNeighbours(out, neighbours(evaluation, config, seed));
  writeEvaluations(out, [evaluation]);
  return { ...evaluation, metrics };
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
