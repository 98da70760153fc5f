import {
  batchNormInference,
  batchNormTraining,
  conv2d,
  syncBatchNormTraining,
  type TensorFlow,
  type Tensors,
  tf,
} from '@simclr/tensorflow';
import { EPSILON } from './resnet-config.ts';

type Tensor = TensorFlow.Tensor;

/** How batch norm works in a forward pass. */
export interface Mode {
  /** With the batch's own statistics, which also move the averages; otherwise with the averages. */
  training: boolean;
  /** Decay of the moving averages (the reference's flag batch_norm_decay). Default 0.9. */
  bnMomentum?: number | undefined;
  /** Ranks over whose rows together the batch's statistics are taken; this process's alone by default. */
  ranks?: number | undefined;
}

/**
 * The layers of one forward pass. In training, batch norm uses the batch's statistics, and `stats` collects the new
 * moving averages (biased variance: the reference's synchronised batch norm).
 */
export class Layers {
  readonly #params: Tensors;
  readonly #stats: Tensors;
  readonly #mode: Mode;
  /** New moving statistics, by name; empty in evaluation. */
  readonly stats: Tensors = {};

  constructor(params: Tensors, stats: Tensors, mode: Mode) {
    this.#params = params;
    this.#stats = stats;
    this.#mode = mode;
  }

  #param(name: string): Tensor {
    const tensor = this.#params[name];
    if (!tensor) throw new Error(`missing parameter: ${name}. given: ${Object.keys(this.#params).join(', ')}`);
    return tensor;
  }

  #addBias(name: string, y: Tensor): Tensor {
    const bias = this.#params[`${name}/bias`];
    return bias ? tf.add(y, bias) : y;
  }

  /**
   * Convolution, with a bias where there is a variable for it.
   * @param x [n, h, w, c]
   */
  conv(name: string, x: Tensor, options: ConvOptions = {}): Tensor {
    return this.#addBias(name, convolve(x, this.#param(`${name}/kernel`), options));
  }

  /**
   * Matrix product, with a bias where there is a variable for it.
   * @param x [n, in]
   */
  dense(name: string, x: Tensor): Tensor {
    const kernel = this.#param(`${name}/kernel`);
    return this.#addBias(name, tf.matMul(x as TensorFlow.Tensor2D, kernel as TensorFlow.Tensor2D));
  }

  /**
   * Batch norm over all axes but the last. A missing beta counts as 0.
   * @param x [n, …, c]
   */
  batchNorm(name: string, x: Tensor): Tensor {
    const gamma = this.#param(`${name}/gamma`);
    const beta = this.#params[`${name}/beta`] ?? tf.zeros(gamma.shape);
    const mean = this.#stats[`${name}/moving_mean`]!;
    const variance = this.#stats[`${name}/moving_variance`]!;
    const { training, bnMomentum: decay = 0.9, ranks } = this.#mode;
    if (!training) return batchNormInference(x, gamma, beta, mean, variance, EPSILON);
    // The fused kernel takes four axes.
    const flat = x.rank === 2;
    const rows = flat ? tf.reshape(x, [x.shape[0]!, 1, 1, x.shape[1]!]) : x;
    const result = ranks
      ? syncBatchNormTraining(rows, gamma, beta, mean, ranks, EPSILON)
      : batchNormTraining(rows, gamma, beta, EPSILON);
    const moved = (old: Tensor, batch: Tensor) => tf.keep(tf.add(tf.mul(old, decay), tf.mul(batch, 1 - decay)));
    this.stats[`${name}/moving_mean`] = moved(mean, result.mean);
    this.stats[`${name}/moving_variance`] = moved(variance, result.variance);
    return flat ? tf.reshape(result.y, x.shape) : result.y;
  }

  /**
   * The n-th convolution of `name` and its batch norm. In evaluation the norm's scale goes into the kernel, which saves a
   * pass over the activations.
   */
  convNorm(name: string, n: number, x: Tensor, stride = 1): Tensor {
    if (this.#mode.training) return this.batchNorm(`${name}/bn${n}`, this.conv(`${name}/conv${n}`, x, { stride }));
    const norm = `${name}/bn${n}`;
    const scale = tf.mul(
      this.#param(`${norm}/gamma`),
      tf.rsqrt(tf.add(this.#stats[`${norm}/moving_variance`]!, EPSILON)),
    );
    const shift = tf.sub(this.#param(`${norm}/beta`), tf.mul(this.#stats[`${norm}/moving_mean`]!, scale));
    return tf.add(convolve(x, tf.mul(this.#param(`${name}/conv${n}/kernel`), scale), { stride }), shift);
  }
}

interface ConvOptions {
  stride?: number;
  /** Zeros on each side. Default: (k−1)/2 before and the rest after, whatever the stride (fixed_padding). */
  padding?: number | undefined;
  /** Whether the input has a gradient; images have none. */
  inputGradient?: boolean;
}

function convolve(x: Tensor, kernel: Tensor, { stride = 1, padding, inputGradient = true }: ConvOptions): Tensor {
  const total = kernel.shape[0]! - 1;
  const before = padding ?? Math.floor(total / 2);
  const after = padding ?? total - before;
  const isSame = stride === 1 ? before + after === total : total === 0;
  return conv2d(x, kernel, { stride, padding: isSame ? 'same' : [before, after], inputGradient });
}
