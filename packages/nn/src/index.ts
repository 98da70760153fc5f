/**
 * SimCLR's networks, losses, optimizers and schedules, as pure functions over trees of named tensors, and the train step
 * made of them. Facts and names follow the reference implementation (google-research/simclr).
 *
 * @example
 * ```ts
 * import { definitions, initTrainState, type TrainStepArgs } from '@simclr/nn';
 * import { compile } from '@simclr/tensorflow';
 *
 * const args: TrainStepArgs = {
 *   network: { depth: 18, width: 64, stem: 'cifar', channels: 3 },
 *   head: { kind: 'nonlinear', layers: 2, outDim: 128 },
 *   objective: { temperature: 0.5, normalize: true, scale: 'paper' },
 *   optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-4 },
 *   batch: 64,
 *   inputShape: [32, 32, 3],
 * };
 * const step = await compile({ module: definitions, export: 'trainStep', args });
 * step.write(initTrainState(args, 1));
 * ```
 */
export type {
  ChunkedStepArgs,
  EncodeArgs,
  SupervisedStepArgs,
  TrainStepArgs,
} from './definitions.ts';
export {
  definitions,
  encode,
  initSums,
  initSupervisedState,
  initTrainState,
  modelWeights,
  supervisedStep,
  trainStep,
} from './definitions.ts';
export { emaName } from './ema.ts';
export { trainStepFlops } from './flops.ts';
export { initResNet } from './init-resnet.ts';
export type { ResNetConfig } from './resnet-config.ts';
export { featureDim } from './resnet-config.ts';
export { loadSafetensors, saveSafetensors } from './safetensors.ts';
export { learningRate, trainSteps } from './schedule.ts';
