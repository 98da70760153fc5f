import { planNetwork } from './conv-plan.ts';
import type { TrainStepArgs } from './definitions.ts';
import { layerCount } from './head-config.ts';
import { featureDim } from './resnet-config.ts';

/** Trained numbers of encoder and head; selective kernels and gates are not counted. */
export function parameterCount({ network, head }: Pick<TrainStepArgs, 'network' | 'head'>): {
  encoder: number;
  head: number;
} {
  // Sizes of images play no part; each batch norm has a scale and an offset.
  const encoder = planNetwork(network, [1, 1]).convolutions.reduce(
    (sum, { size, from, to }) => sum + size * size * from * to + 2 * to,
    0,
  );
  const dim = featureDim(network);
  const layers = layerCount(head);
  if (layers === 0) return { encoder, head: 0 };
  // The last batch norm has no offset.
  return { encoder, head: (layers - 1) * (dim * dim + 2 * dim) + dim * head.outDim + head.outDim };
}

/** Bytes that a train step takes at its peak, by what they are for. */
export interface StepMemory {
  /** Parameters, optimizer slots and gradients, fp32, with the copies that are made of them. */
  state: number;
  /** What the forward pass of the views that go through the network together keeps for the backward pass. */
  activations: number;
  /** Gradients of activations and the kernels' workspace. */
  workspace: number;
  /** Matrices of similarities of all 2N views, fp32. */
  loss: number;
  total: number;
}

const FP32 = 4;

/**
 * Fp32 numbers for each parameter: itself, its slot, its gradient, what the update makes on the way, and those that went
 * in at the start. A chunked step has its weights in three graphs, and sums that go from one to the next.
 */
const STATE = { whole: 7, chunked: 12 };

/**
 * Largest activations, as fp32, that the backward pass holds at a time beside what was kept: gradients in and out, and
 * the kernels' own copies, which are fp32 in bf16 too.
 */
const WORKSPACE = 6;

/** [2N, 2N] matrices alive at a time in the loss and its gradient. */
const SIMILARITIES = 6;

/**
 * Estimate of the memory of a train step on a CPU: not the process itself (some 0.3 GB), the dataset, or the batches in
 * the loader's ring. Kept for the backward pass are the output of every convolution (batch norm needs it), of every ReLU
 * (the next convolution needs it), the pooled stem, and padded inputs; in bf16 each takes two bytes. The optimizer is one
 * with one slot (LARS, SGD). The three constants above are measured: a test holds the estimate to the resident memory of
 * small steps within a factor of 1.5; steps of 0.7 to 3.5 GB (ResNet-18 at 32 px, ResNet-50 at 96 and 224 px) were within
 * 1.2 of it on an AMD Zen 5.
 *
 * @param chunk pairs that go through the network at a time; all without it
 */
export function stepMemory(
  { network, head, batch, inputShape, chunk }: TrainStepArgs & { chunk?: number | undefined },
  precision: 'fp32' | 'bf16',
): StepMemory {
  const { convolutions, activated } = planNetwork(network, inputShape);
  const outputs = convolutions.map(({ positions, to }) => positions * to);
  const padded = convolutions.map(({ padded, from }) => padded * from);
  const views = 2 * (chunk ?? batch);
  const bytes = views * (precision === 'bf16' ? 2 : FP32);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

  const parameters = parameterCount({ network, head });
  const state = FP32 * (chunk ? STATE.chunked : STATE.whole) * (parameters.encoder + parameters.head);
  const activations = bytes * (sum(outputs) + sum(activated) + sum(padded));
  const workspace = WORKSPACE * FP32 * views * Math.max(...outputs);
  const loss = SIMILARITIES * FP32 * (2 * batch) ** 2;
  return { state, activations, workspace, loss, total: state + activations + workspace + loss };
}
