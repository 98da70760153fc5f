/**
 * What frozen features are worth: logistic regression, kNN, the metrics, and whether two models differ.
 *
 * {@link ../example.ts} runs.
 */
export { averagePrecisions, elevenPointAp, meanAveragePrecision } from './average-precision.ts';
export { bootstrapInterval } from './bootstrap.ts';
export { calibrationBins, calibrationError, logLoss, probabilities } from './calibration.ts';
export { knn, nearestNeighbours } from './knn.ts';
export { linearProbe } from './linear-probe.ts';
export { logisticRegression, predict } from './logistic-regression.ts';
export { confusionMatrix, meanPerClass, topK, topOne } from './metrics.ts';
export type { ClassOutcome, Outcome, RankedOutcome } from './outcome.ts';
export { measure } from './outcome.ts';
export { takeRows } from './rows.ts';
export { exactMcNemar, permutationTest } from './significance.ts';
export { stratifiedSubset } from './subset.ts';
export { boldCells, repeated } from './summary.ts';
