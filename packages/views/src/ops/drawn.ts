import type { Random } from '@simclr/stage';

/** The random numbers of an operation for one view: `length` of them, the same for either engine. */
export interface Draws {
  length: number;
  /** Writes them to `into` from `at` on. Where one says that the operation is not applied, those after it are left. */
  draw(random: Random, into: Float64Array, at: number): void;
}

/** An argument that a number is drawn from. */
export type Range = readonly [low: number, high: number];
