import { z } from '@simclr/stage';

/**
 * What published evaluations got wrong, as far as it can be seen here: what cannot be right is an error and stops a stage,
 * the rest is a flag, which the page, the log and the last line of a run show.
 */
const FLAG_KINDS = [
  /** The encoder's weights, or moments of its batch norm, are not those of before. */
  'backbone-changed',
  /** Batch norm used the moments of the batch. */
  'training-mode',
  /** Images were given in another range, or normalised otherwise, than the encoder was trained with. */
  'input-range',
  /** Features are spread otherwise than those that the encoder gave in pretraining. */
  'input-statistics',
  /** A test row is among the rows with labels that were learned from: to the byte, or nearly the same image. */
  'label-leak',
  'train-test-duplicates',
  'near-duplicates',
  /** Labels of two splits, or of two evaluations, count different classes. */
  'class-order',
  /** Difficult objects of VOC were counted, as right or wrong. */
  'difficult-counted',
  'wrong-metric',
  'splits-swapped',
  'ignored-option',
  /** The encoder is no better than what it is compared with. */
  'below-baseline',
] as const;
export type FlagKind = (typeof FLAG_KINDS)[number];

export const Flag = z.strictObject({
  kind: z.enum(FLAG_KINDS),
  /** Of which results it is said; of all without one. */
  dataset: z.string().optional(),
  /** One line: what was found, and what is to be done. */
  message: z.string(),
});
export type Flag = z.infer<typeof Flag>;
