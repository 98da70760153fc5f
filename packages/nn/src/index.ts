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
export type { Assumption, Geometry } from './checkpoints/geometry.ts';
export { IMAGENET_STATISTICS } from './checkpoints/geometry.ts';
export type { ImportedCheckpoint, ImportOptions, ImportReport } from './checkpoints/import-checkpoint.ts';
export { importCheckpoint } from './checkpoints/import-checkpoint.ts';
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
  initModel,
  initSums,
  initSupervisedState,
  initTrainState,
  modelWeights,
  sumName,
  supervisedStep,
  trainStep,
} from './definitions.ts';
export { emaName } from './ema.ts';
export { trainStepFlops } from './flops.ts';
export type { HeadConfig } from './head-config.ts';
export { applyHead, applySupervisedHead, initHead, initSupervisedHead } from './heads.ts';
export type { Mode } from './layers.ts';
export { embeddingStd } from './losses/contrast-metrics.ts';
export { crossEntropy, topOneAccuracy } from './losses/cross-entropy.ts';
export type { MarginTripletConfig } from './losses/margin-triplet.ts';
export { marginTriplet } from './losses/margin-triplet.ts';
export type { NegativesConfig } from './losses/negatives.ts';
export type { NtLogisticConfig } from './losses/nt-logistic.ts';
export { ntLogistic } from './losses/nt-logistic.ts';
export type { NtXentConfig, Replicas } from './losses/nt-xent.ts';
export { ntXent } from './losses/nt-xent.ts';
export type { ObjectiveConfig } from './losses/objective.ts';
export { contrastiveLoss } from './losses/objective.ts';
export type { AdamConfig } from './optimizers/adam.ts';
export { adam } from './optimizers/adam.ts';
export type { LarsConfig } from './optimizers/lars.ts';
export { lars } from './optimizers/lars.ts';
export type { OptimizerConfig } from './optimizers/make-optimizer.ts';
export { makeOptimizer } from './optimizers/make-optimizer.ts';
export type { Optimizer } from './optimizers/optimizer.ts';
export type { SgdConfig } from './optimizers/sgd.ts';
export { sgd } from './optimizers/sgd.ts';
export type { OptimizerName } from './optimizers/weight-decay.ts';
export { decaysInLoss, weightDecayTerm } from './optimizers/weight-decay.ts';
export type { ResNetMode, ResNetOutput } from './resnet.ts';
export { applyResNet, initResNet } from './resnet.ts';
export type { ResNetConfig } from './resnet-config.ts';
export { featureDim, hasStemPool, stemStrideOf } from './resnet-config.ts';
export { loadSafetensors, saveSafetensors } from './safetensors.ts';
export type { ScheduleConfig } from './schedule.ts';
export { learningRate, peakRate, trainSteps, warmupSteps } from './schedule.ts';
export type { StepMemory } from './step-memory.ts';
export { parameterCount, stepMemory } from './step-memory.ts';
export type { Moments } from './sync-batch-norm.ts';
export { mergeMoments, momentsOf, syncBatchNorm } from './sync-batch-norm.ts';
export type { Variables } from './variables.ts';
