/**
 * What frozen features are worth: logistic regression, kNN, the metrics, and whether two models differ.
 *
 * @example
 * ```ts
 * import { logisticRegression, predict } from '@simclr/probe';
 *
 * const problem = { features: Float32Array.of(0, 1, 2, 3), labels: Int32Array.of(0, 0, 1, 1), dim: 1, classes: 2 };
 * predict(logisticRegression(problem, 1), Float32Array.of(-1, 4)); // Int32Array [0, 1]
 * ```
 */
export type { KnnOptions, Neighbours } from './knn.ts';
export { knn, knnScores, nearestNeighbours } from './knn.ts';
export type { ProbeOptions, ProbeResult } from './linear-probe.ts';
export { linearProbe } from './linear-probe.ts';
export type { LinearClassifier, Score } from './logistic-regression.ts';
export { fitPath, logisticRegression, predict, score } from './logistic-regression.ts';
export { elevenPointAp, meanPerClass, topOne } from './metrics.ts';
export { takeRows } from './rows.ts';
export type { ComparedMetric, Comparison } from './significance.ts';
export { exactMcNemar, permutationTest } from './significance.ts';
export type { LabelledFeatures } from './softmax-objective.ts';
export { complement, holdOut, stratifiedSubset } from './subset.ts';
