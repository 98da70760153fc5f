/** What compares models that are fitted already: it loads no TensorFlow. */
export { bootstrapInterval } from './bootstrap.ts';
export { confusionMatrix, rightOfSeveral } from './metrics.ts';
export type { ClassOutcome, Outcome } from './outcome.ts';
export type { Difference } from './significance.ts';
export { repeatedTest } from './significance.ts';
export { boldCells, repeated } from './summary.ts';
