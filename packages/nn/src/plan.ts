/**
 * What follows from a train step's arguments alone. Loads no TensorFlow: for a dry run.
 *
 * @example
 * ```ts
 * import { parameterCount, peakRate } from '@simclr/nn/plan';
 *
 * const network = { depth: 50, width: 64, stem: 'imagenet', channels: 3 } as const;
 * parameterCount({ network, head: { kind: 'none', layers: 0, outDim: 1 } }).encoder; // 23508032
 * peakRate({ base: 0.3, scaling: 'linear', batch: 4096 }); // 4.8
 * ```
 */
export { encoderFlops, trainStepFlops } from './flops.ts';
export { peakRate, trainSteps, warmupSteps } from './schedule.ts';
export { parameterCount, stepMemory } from './step-memory.ts';
export { supervisedStepFlops, supervisedStepMemory } from './supervised-cost.ts';
export { FEATURES_TAP, TAPS, type Tap } from './tap-names.ts';
