import { z } from '@simclr/stage';

/** What is drawn of the evaluations of encoders on many datasets, beside the paper's table of transfer. */
export const Table8Config = z.strictObject({
  /** Rows of the paper beside ours: those of ResNet-50 at its widths 1× and 4×. */
  paper: z.boolean().default(true),
  /** Test images of each dataset that the most classifiers get wrong, shown with what they take them for. */
  hardest: z.int().min(0).max(50).default(6),
  /** Draws of the bootstrap by which each score has an interval. */
  bootstrap: z.int().min(100).default(2000),
  /** Arrangements of the permutation test; the paper's number by default. */
  swaps: z.int().min(1000).default(100_000),
});
export type Table8Config = z.infer<typeof Table8Config>;
