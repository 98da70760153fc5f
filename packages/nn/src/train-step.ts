import {
  float32,
  type StepDefinition,
  type TensorFlow,
  type TensorSpec,
  type Tensors,
  type Tree,
  tf,
} from '@simclr/tensorflow';
import { emaName, initEma, updateEma } from './ema.ts';
import { globalNorm, gradientsOf, pick } from './gradients.ts';
import { applyHead, applySupervisedHead, type HeadConfig } from './heads.ts';
import { initHead, initSupervisedHead } from './init-heads.ts';
import { initResNet } from './init-resnet.ts';
import { embeddingStd } from './losses/contrast-metrics.ts';
import { crossEntropy, topOneAccuracy } from './losses/cross-entropy.ts';
import { contrastiveLoss, type ObjectiveConfig } from './losses/objective.ts';
import { likeliestAccuracy, oneVsRest } from './losses/one-vs-rest.ts';
import { makeOptimizer, type OptimizerConfig } from './optimizers/make-optimizer.ts';
import { gatherViews, meanOverRanks } from './over-ranks.ts';
import { applyResNet } from './resnet.ts';
import { featureDim, type ResNetConfig } from './resnet-config.ts';
import { stopGradient } from './stop-gradient.ts';
import type { Variables } from './variables.ts';

/** Arguments of `trainStep`: plain JSON. */
export interface TrainStepArgs {
  network: ResNetConfig;
  head: HeadConfig;
  objective: ObjectiveConfig;
  optimizer: OptimizerConfig;
  /** Pairs N. */
  batch: number;
  /** [h, w, channels]. */
  inputShape: [number, number, number];
  /** Decay of batch norm's moving averages. Default 0.9, the reference's. */
  bnMomentum?: number;
  /**
   * Decay of moving averages of all variables, batch norm's statistics among them, 0 to 1 (SimCLR v2's momentum network
   * has 0.999): state `<variable>/ema`. `modelWeights` takes them out. None by default.
   */
  ema?: number;
  /**
   * A linear classifier of h trained beside the encoder, which gets no gradient of it (the reference's
   * lineareval_while_pretraining): the input `labels`, and outputs `supervisedLoss` and `supervisedAcc`.
   */
  probe?: { classes: number };
  /**
   * Ranks among which the batch is divided: each is given its share, and all come to the same new state, that of one
   * process within rounding. 1, this process alone, by default.
   */
  ranks?: number;
}

/** Initial variables of encoder and head. */
export function initModel(network: ResNetConfig, head: HeadConfig, seed: number | undefined): Variables {
  const encoder = initResNet(network, seed);
  const projection = initHead(head, featureDim(network), seed);
  return { params: { ...encoder.params, ...projection.params }, stats: { ...encoder.stats, ...projection.stats } };
}

/** Initial variables of all that the step trains. */
export function initVariables({ network, head, probe }: TrainStepArgs, seed: number | undefined): Variables {
  const { params, stats } = initModel(network, head, seed);
  if (!probe) return { params, stats };
  return { params: { ...params, ...initSupervisedHead(probe.classes, featureDim(network), seed).params }, stats };
}

const zeros = (specs: Record<string, TensorSpec>): Tree =>
  Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, float32(shape as number[])]));

/** Arguments of `update`. */
type UpdateArgs = Pick<TrainStepArgs, 'optimizer' | 'ema'>;

/** State at step 0 of a step that trains `variables`: these, optimizer slots, moving averages. */
export function initState({ params, stats }: Variables, { optimizer, ema }: UpdateArgs): Tree {
  const variables = { ...params, ...stats };
  const averages = ema === undefined ? {} : initEma(variables);
  return { ...variables, ...zeros(makeOptimizer(optimizer).slots(params)), ...averages };
}

/** The train step's state at step 0: parameters, statistics, optimizer slots, moving averages. */
export function initTrainState(args: TrainStepArgs, seed: number): Tree {
  return initState(initVariables(args, seed), args);
}

/** Weights in a train step's state, without what belongs to the optimizer: as trained, or their moving averages. */
export function modelWeights(
  { network, head }: Pick<TrainStepArgs, 'network' | 'head'>,
  state: Tree,
  { ema = false } = {},
): { encoder: Tree; projection: Tree } {
  const take = ({ params, stats }: Variables): Tree =>
    Object.fromEntries(
      Object.keys({ ...params, ...stats }).map((name) => {
        const tensor = state[ema ? emaName(name) : name];
        if (!tensor)
          throw new Error(`missing state: ${ema ? emaName(name) : name}. set \`ema\` in the step's arguments`);
        return [name, tensor];
      }),
    );
  return {
    encoder: take(initResNet(network, undefined)),
    projection: take(initHead(head, featureDim(network), undefined)),
  };
}

/** Encoder and projection head in training. `stats`: the new moving statistics. */
export function project(
  { network, head, bnMomentum, ranks }: TrainStepArgs,
  params: Tensors,
  stats: Tensors,
  views: TensorFlow.Tensor,
): { features: TensorFlow.Tensor; z: TensorFlow.Tensor; stats: Tensors } {
  const mode = { training: true, bnMomentum, ranks };
  const encoder = applyResNet(network, params, stats, views, mode);
  const projection = applyHead(head, params, stats, encoder.features, mode);
  return { features: encoder.features, z: projection.z, stats: { ...encoder.stats, ...projection.stats } };
}

/**
 * The supervised head's loss and accuracy.
 * @param labels of the rows of `features`, int32 [n]; of several classes each, as `oneVsRest` takes them
 */
export function supervise(params: Tensors, features: TensorFlow.Tensor, labels: TensorFlow.Tensor, several = false) {
  const logits = applySupervisedHead(params, features);
  if (several) return { supervisedLoss: oneVsRest(logits, labels), supervisedAcc: likeliestAccuracy(logits, labels) };
  return { supervisedLoss: crossEntropy(logits, labels), supervisedAcc: topOneAccuracy(logits, labels) };
}

/**
 * The probe's loss and accuracy on both views.
 * @param labels of the pairs, int32 [n]
 */
export function probeFeatures(params: Tensors, features: TensorFlow.Tensor, labels: TensorFlow.Tensor) {
  return supervise(params, stopGradient(features), tf.concat([labels, labels]));
}

/** New state from the gradients and the new moving statistics. */
export function update(
  { optimizer, ema }: UpdateArgs,
  state: Tensors,
  gradients: Tensors,
  stats: Tensors,
  learningRate: TensorFlow.Tensor,
): Tensors {
  const names = Object.keys(gradients);
  const params = pick(state, names);
  const { slots, update: apply } = makeOptimizer(optimizer);
  const specs = slots(params as Record<string, TensorFlow.Tensor & { dtype: 'float32' }>);
  const updated = { ...apply(params, gradients, pick(state, Object.keys(specs)), learningRate), ...stats };
  if (ema === undefined) return updated;
  return { ...updated, ...updateEma(state, pick(updated, [...names, ...Object.keys(stats)]), ema) };
}

/**
 * One step of SimCLR (Algorithm 1). Inputs: `views` [2N, h, w, c] in [0, 1], first views first; `learningRate` []; with
 * a probe `labels` of the N images, int32 [N]. Outputs, scalars: `loss`, `contrastAcc`, `contrastEntropy`,
 * `embeddingStd` of z (near 1 healthy, near 0 collapsed), `gradNorm` (of the loss for the parameters of encoder and head,
 * before weight decay); with a probe `supervisedLoss` (nats) and `supervisedAcc` over the 2N views.
 *
 * Of several ranks each is given N / ranks images, those of the batch in the order of the ranks, and its number, `rank`
 * int32 []. Outputs are those of the whole batch.
 */
export function trainStep(args: TrainStepArgs): StepDefinition {
  const { network, head, objective, inputShape, probe, ranks } = args;
  const batch = args.batch / (ranks ?? 1);
  const variables = initVariables(args, undefined);
  const [names, statNames] = [Object.keys(variables.params), Object.keys(variables.stats)];
  const contrastive = Object.keys(initModel(network, head, undefined).params);
  return {
    state: initState(variables, args),
    inputs: {
      views: { shape: [2 * batch, ...inputShape], dtype: 'float32' },
      ...(probe ? { labels: { shape: [batch], dtype: 'int32' } as const } : {}),
      ...(ranks ? { rank: { shape: [], dtype: 'int32' } as const } : {}),
      learningRate: { shape: [], dtype: 'float32' },
    },
    step(state, { views, labels, rank, learningRate }) {
      let stats: Tensors = {};
      const own = gradientsOf(pick(state, names), (params) => {
        const pass = project(args, params, pick(state, statNames), views!);
        stats = pass.stats;
        const gathered = ranks ? gatherViews(pass.z, ranks) : pass.z;
        const replicas = ranks ? { gathered, replica: rank! } : undefined;
        const { loss, contrastAcc, contrastEntropy } = contrastiveLoss(pass.z, objective, replicas);
        const metrics = { loss, contrastAcc, contrastEntropy, embeddingStd: embeddingStd(gathered) };
        if (!probe) return { loss, aux: metrics };
        const supervised = probeFeatures(params, pass.features, labels!);
        return { loss: tf.add(loss, supervised.supervisedLoss), aux: { ...metrics, ...supervised } };
      });
      const gradients = ranks ? meanOverRanks(own.gradients, ranks) : own.gradients;
      const aux = ranks ? meanOverRanks(own.aux, ranks) : own.aux;
      const gradNorm = globalNorm(pick(gradients, contrastive));
      return { state: update(args, state, gradients, stats, learningRate!), outputs: { ...aux, gradNorm } };
    },
  };
}
