/**
 * SimCLR's networks, losses, optimizers and schedules, as pure functions over trees of named tensors, and the train step
 * made of them. Facts and names follow the reference implementation (google-research/simclr).
 *
 * {@link ../example.ts} runs.
 */
export type {
  ChunkedStepArgs,
  ClassifyArgs,
  EncodeArgs,
  PretrainedWeights,
  SupervisedStepArgs,
  TrainStepArgs,
} from './definitions.ts';
export {
  classify,
  definitions,
  encode,
  initFineTuneState,
  initSums,
  initSupervisedState,
  initTrainState,
  modelWeights,
  supervisedStep,
  trainStep,
} from './definitions.ts';
export { emaName } from './ema.ts';
export { encodeDefinition } from './encode.ts';
export { encoderFlops, trainStepFlops } from './flops.ts';
export { isFrozen } from './freezing.ts';
export type { HeadConfig } from './head-config.ts';
export { headOfWeights } from './head-config.ts';
export { initResNet } from './init-resnet.ts';
export type { ResNetConfig } from './resnet-config.ts';
export { featureDim } from './resnet-config.ts';
export { loadSafetensors, saveSafetensors } from './safetensors.ts';
export { learningRate, trainSteps } from './schedule.ts';
export { initTapped, tapLayer } from './taps.ts';
