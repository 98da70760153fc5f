// Functions that packages/tensorflow traces: pure, over named tensors.
import {
  float32,
  type StepDefinition,
  type TensorFlow,
  type TensorSpec,
  type Tensors,
  type Tree,
  tf,
} from '@simclr/tensorflow';
import { applyHead, type HeadConfig, initHead } from './heads.ts';
import { type NtXentConfig, ntXent } from './losses/nt-xent.ts';
import { type AdamConfig, adam } from './optimizers/adam.ts';
import { type LarsConfig, lars } from './optimizers/lars.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { type SgdConfig, sgd } from './optimizers/sgd.ts';
import { applyResNet, initResNet } from './resnet.ts';
import { featureDim, type ResNetConfig } from './resnet-config.ts';
import type { Variables } from './variables.ts';

/** Arguments of `trainStep`: plain JSON. */
export interface TrainStepArgs {
  network: ResNetConfig;
  head: HeadConfig;
  objective: NtXentConfig;
  optimizer:
    | ({ name: 'sgd' } & SgdConfig)
    | ({ name: 'lars' } & Omit<LarsConfig, 'excluded'>)
    | ({ name: 'adam' } & AdamConfig);
  /** Pairs N. */
  batch: number;
  /** [h, w, channels]. */
  inputShape: [number, number, number];
  /** Decay of batch norm's moving averages. Default 0.9, the reference's. */
  bnMomentum?: number;
}

/** Initial variables of encoder and head. */
export function initModel(network: ResNetConfig, head: HeadConfig, seed: number | undefined): Variables {
  const encoder = initResNet(network, seed);
  const projection = initHead(head, featureDim(network), seed);
  return { params: { ...encoder.params, ...projection.params }, stats: { ...encoder.stats, ...projection.stats } };
}

function makeOptimizer(config: TrainStepArgs['optimizer']): Optimizer {
  if (config.name === 'lars') return lars(config);
  return config.name === 'adam' ? adam(config) : sgd(config);
}

const zeros = (specs: Record<string, TensorSpec>): Tree =>
  Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, float32(shape as number[])]));

/** The train step's state at step 0: parameters, statistics, optimizer slots. */
export function initTrainState({ network, head, optimizer }: TrainStepArgs, seed: number): Tree {
  const { params, stats } = initModel(network, head, seed);
  return { ...params, ...stats, ...zeros(makeOptimizer(optimizer).slots(params)) };
}

const pick = (tensors: Tensors, names: readonly string[]): Tensors =>
  Object.fromEntries(names.map((name) => [name, tensors[name]!]));

/**
 * One step of SimCLR (Algorithm 1). Inputs: `views` [2N, h, w, c] in [0, 1], first views first; `learningRate` [].
 * Outputs, scalars: `loss`, `contrastAcc`, `contrastEntropy`, `gradNorm` (of the loss for all parameters, before weight
 * decay).
 */
export function trainStep(args: TrainStepArgs): StepDefinition {
  const { network, head, objective, batch, inputShape, bnMomentum } = args;
  const mode = { training: true, bnMomentum };
  const { params, stats } = initModel(network, head, undefined);
  const optimizer = makeOptimizer(args.optimizer);
  const names = Object.keys(params);
  const slots = optimizer.slots(params);
  return {
    state: { ...params, ...stats, ...slots },
    inputs: {
      views: { shape: [2 * batch, ...inputShape], dtype: 'float32' },
      learningRate: { shape: [], dtype: 'float32' },
    },
    step(state, { views, learningRate }) {
      let statistics: Tensors = {};
      let metrics: Tensors = {};
      const moving = pick(state, Object.keys(stats));
      const loss = (...values: TensorFlow.Tensor[]): TensorFlow.Scalar => {
        const current = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
        const encoder = applyResNet(network, current, moving, views!, mode);
        const projection = applyHead(head, current, moving, encoder.features, mode);
        const { loss: value, contrastAcc, contrastEntropy } = ntXent(projection.z, objective);
        statistics = { ...encoder.stats, ...projection.stats };
        metrics = { contrastAcc: tf.keep(contrastAcc), contrastEntropy: tf.keep(contrastEntropy) };
        return value;
      };
      const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]!));
      const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]!]));
      const updated = optimizer.update(pick(state, names), gradients, pick(state, Object.keys(slots)), learningRate!);
      const gradNorm = tf.sqrt(tf.addN(grads.map((gradient) => tf.sum(tf.square(gradient)))));
      return { state: { ...updated, ...statistics }, outputs: { loss: value, ...metrics, gradNorm } };
    },
  };
}

/** Arguments of `encode`. */
export interface EncodeArgs {
  network: ResNetConfig;
  inputShape: [number, number, number];
}

/** Features in evaluation. Input: `images` [n, h, w, c] in [0, 1], any n. Output: `features` [n, featureDim]. */
export function encode({ network, inputShape }: EncodeArgs): StepDefinition {
  const { params, stats } = initResNet(network, undefined);
  return {
    state: { ...params, ...stats },
    inputs: { images: { shape: [null, ...inputShape], dtype: 'float32' } },
    step: (state, { images }) => ({
      outputs: { features: applyResNet(network, state, state, images!, { training: false }).features },
    }),
  };
}

/** URL of this module, for `compile`. */
export const definitions: string = import.meta.url;
