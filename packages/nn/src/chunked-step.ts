// The train step for a batch whose activations do not fit into memory at once: GradCache (Gao et al. 2021, "Scaling Deep
// Contrastive Learning Batch Size under Memory Limited Setup"). The loss needs z alone of the other pairs; so the
// gradient for z is found from z first, and then taken through the network chunk by chunk.
import { float32, type StepDefinition, type TensorSpec, type Tensors, type Tree, tf } from '@simclr/tensorflow';
import { globalNorm, gradientsOf, pick } from './gradients.ts';
import { embeddingStd } from './losses/contrast-metrics.ts';
import { contrastiveLoss } from './losses/objective.ts';
import { featureDim } from './resnet-config.ts';
import {
  initModel,
  initState,
  initVariables,
  probeFeatures,
  project,
  type TrainStepArgs,
  update,
} from './train-step.ts';

/**
 * Arguments of the definitions of a chunked step, which are run in this order: `embed` for every chunk, `embeddingLoss`
 * once, `accumulate` for every chunk, `applyUpdate` once.
 *
 * Negatives are exact: those of the whole batch. Batch norm has the statistics of one chunk, both views of its pairs, in
 * both passes, as on several devices without synchronised batch norm; its moving statistics move once a step, by the mean
 * over the chunks. So the step equals `trainStep` where there is one chunk, and otherwise a `trainStep` with batch norm
 * by groups.
 */
export interface ChunkedStepArgs extends TrainStepArgs {
  /** Pairs a chunk; divides `batch`. */
  chunk: number;
}

/** Name of a sum over chunks: of a parameter's gradient, or the mean of a moving statistic. */
export const sumName = (name: string): string => `${name}/sum`;

const zDim = ({ network, head }: TrainStepArgs): number => (head.kind === 'none' ? featureDim(network) : head.outDim);

const scalar: TensorSpec = { shape: [], dtype: 'float32' };
const chunkViews = ({ chunk, inputShape }: ChunkedStepArgs): TensorSpec => ({
  shape: [2 * chunk, ...inputShape],
  dtype: 'float32',
});

/** The sums at the start: what `accumulate` has besides the model's variables. */
export function initSums(args: TrainStepArgs): Tree {
  const { params, stats } = initVariables(args, undefined);
  return Object.fromEntries(
    Object.entries({ ...params, ...stats }).map(([name, { shape }]) => [sumName(name), float32(shape)]),
  );
}

/**
 * z of a chunk. Input: `views` [2c, h, w, channels], first views first. Output: `z` [2c, d]. No state changes.
 * @traced
 */
export function embed(args: ChunkedStepArgs): StepDefinition {
  const { params, stats } = initModel(args.network, args.head, undefined);
  return {
    state: { ...params, ...stats },
    inputs: { views: chunkViews(args) },
    step: (state, { views }) => ({ outputs: { z: project(args, state, state, views!).z } }),
  };
}

/**
 * The loss of the batch, from its z. Input: `z` [2N, d], first views first. Outputs: `gradient` dL/dz [2N, d], and the
 * scalars of `trainStep`: `loss`, `contrastAcc`, `contrastEntropy`, `embeddingStd`.
 * @traced
 */
export function embeddingLoss(args: ChunkedStepArgs): StepDefinition {
  return {
    state: {},
    inputs: { z: { shape: [2 * args.batch, zDim(args)], dtype: 'float32' } },
    step(_, inputs) {
      const { gradients, aux } = gradientsOf({ z: inputs.z! }, ({ z }) => {
        const { loss, contrastAcc, contrastEntropy } = contrastiveLoss(z!, args.objective);
        return { loss, aux: { loss, contrastAcc, contrastEntropy, embeddingStd: embeddingStd(z!) } };
      });
      return { outputs: { ...aux, gradient: gradients.z! } };
    },
  };
}

/**
 * Adds a chunk's gradients to the sums. Inputs: `views` as for `embed`; `gradient`, the chunk's rows of dL/dz, [2c, d];
 * `keep` [], 0 for the first chunk of a step, else 1; with a probe `labels` int32 [c]. Outputs: `linearised`, Σ z · dL/dz
 * over the chunk (0 where the loss does not depend on the length of z); with a probe `supervisedLoss` and
 * `supervisedAcc` of the chunk.
 * @traced
 */
export function accumulate(args: ChunkedStepArgs): StepDefinition {
  const { batch, chunk, probe } = args;
  const { params, stats } = initVariables(args, undefined);
  const [names, statNames] = [Object.keys(params), Object.keys(stats)];
  const share = chunk / batch;
  return {
    state: { ...params, ...stats, ...initSums(args) },
    inputs: {
      views: chunkViews(args),
      gradient: { shape: [2 * chunk, zDim(args)], dtype: 'float32' },
      keep: scalar,
      ...(probe ? { labels: { shape: [chunk], dtype: 'int32' } as const } : {}),
    },
    step(state, { views, gradient, keep, labels }) {
      let moved: Tensors = {};
      const { gradients, aux } = gradientsOf(pick(state, names), (current) => {
        const pass = project(args, current, pick(state, statNames), views!);
        moved = pass.stats;
        const linearised = tf.sum(tf.mul(pass.z, gradient!));
        if (!probe) return { loss: linearised, aux: { linearised } };
        const supervised = probeFeatures(current, pass.features, labels!);
        const loss = tf.add(linearised, tf.mul(supervised.supervisedLoss, share));
        return { loss, aux: { linearised, ...supervised } };
      });
      const means = Object.entries(moved).map(([name, value]) => [name, tf.mul(value, share)] as const);
      const sums = Object.entries({ ...gradients, ...Object.fromEntries(means) }).map(([name, value]) => {
        const sum = sumName(name);
        return [sum, tf.add(tf.mul(state[sum]!, keep!), value)] as const;
      });
      return { state: Object.fromEntries(sums), outputs: aux };
    },
  };
}

/**
 * The optimizer's step. Its state is that of `trainStep`. Inputs: all sums, by their names, and `learningRate` []. Output:
 * `gradNorm`, as of `trainStep`.
 * @traced
 */
export function applyUpdate(args: ChunkedStepArgs): StepDefinition {
  const variables = initVariables(args, undefined);
  const contrastive = Object.keys(initModel(args.network, args.head, undefined).params);
  const summed = (inputs: Tensors, variablesOf: Tree): Tensors =>
    Object.fromEntries(Object.keys(variablesOf).map((name) => [name, inputs[sumName(name)]!]));
  return {
    state: initState(variables, args),
    inputs: { ...initSums(args), learningRate: scalar },
    step(state, inputs) {
      const gradients = summed(inputs, variables.params);
      const stats = summed(inputs, variables.stats);
      const changed = update(args, state, gradients, stats, inputs.learningRate!);
      return { state: changed, outputs: { gradNorm: globalNorm(pick(gradients, contrastive)) } };
    },
  };
}
