// What packages/tensorflow traces: functions from plain JSON to pure functions over named tensors.
export type { EncodeArgs } from './encode.ts';
export { encode } from './encode.ts';
export type { TrainStepArgs } from './train-step.ts';
export { initModel, initTrainState, modelWeights, trainStep } from './train-step.ts';

/** URL of this module, for `compile`. */
export const definitions: string = import.meta.url;
