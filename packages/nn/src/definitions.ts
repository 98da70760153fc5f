// What packages/tensorflow traces: functions from plain JSON to pure functions over named tensors.
export type { ChunkedStepArgs } from './chunked-step.ts';
export { accumulate, applyUpdate, embed, embeddingLoss, initSums, sumName } from './chunked-step.ts';
export type { ClassifyArgs } from './classifier.ts';
export { classify } from './classifier.ts';
export type { EncodeArgs } from './encode.ts';
export { encode } from './encode.ts';
export type { PretrainedWeights } from './fine-tune-state.ts';
export { initFineTuneState } from './fine-tune-state.ts';
export type { SupervisedStepArgs } from './supervised-step.ts';
export { initSupervisedState, supervisedStep } from './supervised-step.ts';
export type { TrainStepArgs } from './train-step.ts';
export { initModel, initTrainState, modelWeights, trainStep } from './train-step.ts';

/** URL of this module, for `compile`. */
export const definitions: string = import.meta.url;
