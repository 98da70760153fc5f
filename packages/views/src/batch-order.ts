import { permutation } from '@simclr/stage';

/** Stream of the epochs' orders, apart from the draws of the views. */
const ORDER_STREAM = 0x6f726465;

/**
 * Which images a step takes. Step s takes the global positions s·batch … s·batch + batch − 1; every epoch is its own
 * permutation of the images, and batches run on over the border of two epochs. So an order depends on nothing but the
 * seed and the step.
 */
export class BatchOrder {
  readonly #rows: number;
  readonly #batch: number;
  readonly #seed: number;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  constructor(rows: number, batch: number, seed: number) {
    this.#rows = rows;
    this.#batch = batch;
    this.#seed = seed;
  }

  /** Fills in image and epoch of each pair of the step. */
  fill(step: number, images: Uint32Array, epochs: Uint32Array): void {
    for (let i = 0; i < this.#batch; i++) {
      const position = step * this.#batch + i;
      const epoch = Math.floor(position / this.#rows);
      if (epoch !== this.#epoch) {
        this.#order = permutation(this.#rows, this.#seed, ORDER_STREAM, epoch);
        this.#epoch = epoch;
      }
      images[i] = this.#order[position % this.#rows]!;
      epochs[i] = epoch;
    }
  }
}
