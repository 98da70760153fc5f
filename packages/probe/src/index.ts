/**
 * What frozen features are worth: logistic regression, kNN, the metrics, and whether two models differ.
 *
 * {@link ../example.ts} runs.
 */
export { averagePrecisions, elevenPointAp, meanAveragePrecision } from './average-precision.ts';
export { bootstrapInterval } from './bootstrap.ts';
export { calibrationBins, calibrationError, probabilities } from './calibration.ts';
export { canHoldOut, choose, validationRows } from './choice.ts';
export { knn, knnScores } from './knn.ts';
export { fitProbe, fitSteps, linearProbe, probeSteps } from './linear-probe.ts';
export { fitPath, logisticRegression, logitsOf, predict } from './logistic-regression.ts';
export { confusionMatrix, largestOf, meanPerClass, topK, topOne, topOneOfSeveral } from './metrics.ts';
export type { Neighbours } from './neighbours.ts';
export { nearestNeighbours, neighbourSteps } from './neighbours.ts';
export type { ClassOutcome, Outcome, RankedOutcome } from './outcome.ts';
export { measure, outcomeOf } from './outcome.ts';
export { paperStrengths } from './penalty.ts';
export { takeLabels } from './problem.ts';
export { ridgePath, ridgeSteps } from './ridge.ts';
export { oneVsRestLoss, softmaxLoss, sumOfLosses } from './row-loss.ts';
export { takeRows } from './rows.ts';
export { exactMcNemar, permutationTest, repeatedTest } from './significance.ts';
export type { Steps } from './steps.ts';
export {
  complement,
  fewShot,
  hashRows,
  holdOut,
  SUBSET_STREAM,
  stratifiedSubset,
  VALIDATION_STREAM,
} from './subset.ts';
export { boldCells, repeated } from './summary.ts';
