import type { Random } from '@simclr/stage';

/** What an operation draws for a view: so many numbers, the same for whichever engine applies it. */
export interface Draws {
  length: number;
  /** Writes them to `into` from `at` on. Where one says that the operation is not applied, those after it are left. */
  draw(random: Random, into: Float64Array, at: number): void;
}

/** An argument that a number is drawn from. */
export type Range = readonly [low: number, high: number];
