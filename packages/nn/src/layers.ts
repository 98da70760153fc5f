import {
  batchNormInference,
  batchNormTraining,
  conv2d,
  float32,
  type TensorFlow,
  type Tensors,
  type Tree,
  tf,
} from '@simclr/tensorflow';
import type { Initialiser } from './initialisers.ts';

type Tensor = TensorFlow.Tensor;

/** Decay of the moving statistics and epsilon of every batch norm in the reference. */
export const BATCH_NORM = { decay: 0.9, epsilon: 1e-5 };

/** A model's tensors outside TensorFlow: what is trained, and the moving statistics of batch norm. Both in creation order. */
export interface Variables {
  params: Tree;
  stats: Tree;
}

export const noVariables = (): Variables => ({ params: {}, stats: {} });

/** Adds the variables of one batch norm. @param offset whether it has a beta; @param gamma initial scale */
export function initBatchNorm(
  { params, stats }: Variables,
  name: string,
  channels: number,
  offset = true,
  gamma = 1,
): void {
  params[`${name}/gamma`] = float32([channels], gamma);
  if (offset) params[`${name}/beta`] = float32([channels], 0);
  stats[`${name}/moving_mean`] = float32([channels], 0);
  stats[`${name}/moving_variance`] = float32([channels], 1);
}

/** Adds a convolution's kernel. @param shape HWIO */
export function initConv({ params }: Variables, init: Initialiser, name: string, shape: number[]): void {
  params[`${name}/kernel`] = init.conv(shape);
}

/**
 * The layers of one forward pass. In training, batch norm uses the batch's statistics, and `stats` collects the new
 * moving averages (decay 0.9, biased variance: the reference's synchronised batch norm).
 */
export class Layers {
  readonly #params: Tensors;
  readonly #stats: Tensors;
  readonly training: boolean;
  /** New moving statistics, by name; empty in evaluation. */
  readonly stats: Tensors = {};

  constructor(params: Tensors, stats: Tensors, training: boolean) {
    this.#params = params;
    this.#stats = stats;
    this.training = training;
  }

  #param(name: string): Tensor {
    const tensor = this.#params[name];
    if (!tensor) throw new Error(`missing parameter: ${name}. given: ${Object.keys(this.#params).join(', ')}`);
    return tensor;
  }

  /**
   * Convolution without bias. Strided ones pad explicitly, (k−1)/2 before and the rest after (fixed_padding).
   * @param x [n, h, w, c]
   */
  conv(name: string, x: Tensor, stride = 1, inputGradient = true): Tensor {
    return this.#convolve(x, this.#param(`${name}/kernel`), stride, inputGradient);
  }

  #convolve(x: Tensor, kernel: Tensor, stride: number, inputGradient: boolean): Tensor {
    const total = kernel.shape[0]! - 1;
    const before = Math.floor(total / 2);
    const fixed = stride > 1 && total > 0;
    return conv2d(x, kernel, { stride, padding: fixed ? [before, total - before] : 'same', inputGradient });
  }

  /**
   * Convolution `name/conv<n>`, then batch norm `name/bn<n>`. In evaluation the norm's scale goes into the kernel, which
   * saves a pass over the activations.
   */
  convNorm(name: string, n: number, x: Tensor, stride: number): Tensor {
    if (this.training) return this.batchNorm(`${name}/bn${n}`, this.conv(`${name}/conv${n}`, x, stride));
    const gamma = this.#param(`${name}/bn${n}/gamma`);
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(this.#stats[`${name}/bn${n}/moving_variance`]!, BATCH_NORM.epsilon)));
    const shift = tf.sub(this.#param(`${name}/bn${n}/beta`), tf.mul(this.#stats[`${name}/bn${n}/moving_mean`]!, scale));
    const kernel = tf.mul(this.#param(`${name}/conv${n}/kernel`), scale);
    return tf.add(this.#convolve(x, kernel, stride, true), shift);
  }

  /** Matrix product without bias. @param x [n, in] */
  dense(name: string, x: Tensor): Tensor {
    return tf.matMul(x as TensorFlow.Tensor2D, this.#param(`${name}/kernel`) as TensorFlow.Tensor2D);
  }

  /** Batch norm over all axes but the last. A missing beta counts as 0. @param x [n, …, c] */
  batchNorm(name: string, x: Tensor): Tensor {
    const { decay, epsilon } = BATCH_NORM;
    const gamma = this.#param(`${name}/gamma`);
    const beta = this.#params[`${name}/beta`] ?? tf.zeros(gamma.shape);
    const mean = this.#stats[`${name}/moving_mean`]!;
    const variance = this.#stats[`${name}/moving_variance`]!;
    if (!this.training) return batchNormInference(x, gamma, beta, mean, variance, epsilon);
    // The fused kernel takes four axes.
    const flat = x.rank === 2;
    const result = batchNormTraining(flat ? tf.reshape(x, [x.shape[0]!, 1, 1, x.shape[1]!]) : x, gamma, beta, epsilon);
    const moved = (old: Tensor, batch: Tensor) => tf.keep(tf.add(tf.mul(old, decay), tf.mul(batch, 1 - decay)));
    this.stats[`${name}/moving_mean`] = moved(mean, result.mean);
    this.stats[`${name}/moving_variance`] = moved(variance, result.variance);
    return flat ? tf.reshape(result.y, x.shape) : result.y;
  }
}
