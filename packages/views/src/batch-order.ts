import { permutation, UserError } from '@simclr/stage';

/** Stream of the epochs' orders, apart from the draws of the views. */
const ORDER_STREAM = 0x6f726465;

/** Part of each batch that one of so many ranks takes: the `rank`-th, from 0, of equal ones in a row. */
export interface Share {
  rank: number;
  ranks: number;
}

const WHOLE: Share = { rank: 0, ranks: 1 };

/** Images of a batch that a share has. */
export function shareOf(batch: number, { ranks }: Share = WHOLE): number {
  if (batch % ranks !== 0) throw new UserError(`invalid ranks: ${ranks}. expected a divisor of the batch of ${batch}`);
  return batch / ranks;
}

/**
 * Which images a step takes. Step s takes the global positions s·batch … s·batch + batch − 1; every epoch is its own
 * permutation of the images, and batches run on over the border of two epochs. So an order depends on nothing but the
 * seed and the step.
 */
export class BatchOrder {
  readonly #rows: number;
  readonly #batch: number;
  readonly #seed: number;
  readonly #share: Share;
  #epoch = -1;
  #order: Uint32Array = new Uint32Array(0);

  /** @param batch images a step, of all shares together */
  constructor(rows: number, batch: number, seed: number, share: Share = WHOLE) {
    this.#share = share;
    this.#rows = rows;
    this.#batch = batch;
    this.#seed = seed;
  }

  /** Fills in image and epoch of each pair that the share has of the step. */
  fill(step: number, images: Uint32Array, epochs: Uint32Array): void {
    const { rank, ranks } = this.#share;
    const own = this.#batch / ranks;
    for (let i = 0; i < own; i++) {
      const position = step * this.#batch + rank * own + i;
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
