import { float32, type Tree } from '@simclr/tensorflow/tensors';
import type { Initialiser } from './initialisers.ts';

/** A model's tensors outside TensorFlow: what is trained, and the moving statistics of batch norm. Both in creation order. */
export interface Variables {
  params: Tree;
  stats: Tree;
}

/** Makes a model's variables layer by layer, under the names that `Layers` looks for. */
export class VariableBuilder implements Variables {
  readonly params: Tree = {};
  readonly stats: Tree = {};
  readonly #init: Initialiser;

  constructor(init: Initialiser) {
    this.#init = init;
  }

  /** @param shape HWIO */
  conv(name: string, shape: number[], bias = false): void {
    this.params[`${name}/kernel`] = this.#init.conv(shape);
    if (bias) this.params[`${name}/bias`] = float32(shape.slice(-1));
  }

  /** @param shape [in, out] */
  dense(name: string, shape: number[], bias = false): void {
    this.params[`${name}/kernel`] = this.#init.dense(shape);
    if (bias) this.params[`${name}/bias`] = float32(shape.slice(-1));
  }

  /**
   * @param offset whether it has a beta
   * @param gamma initial scale
   */
  batchNorm(name: string, channels: number, { offset = true, gamma = 1 } = {}): void {
    this.params[`${name}/gamma`] = float32([channels], gamma);
    if (offset) this.params[`${name}/beta`] = float32([channels]);
    this.stats[`${name}/moving_mean`] = float32([channels]);
    this.stats[`${name}/moving_variance`] = float32([channels], 1);
  }

  /** The n-th convolution of `name` and its batch norm. */
  convNorm(name: string, n: number, shape: number[], gamma = 1): void {
    this.conv(`${name}/conv${n}`, shape);
    this.batchNorm(`${name}/bn${n}`, shape.at(-1)!, { gamma });
  }
}
