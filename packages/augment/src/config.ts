import { z } from '@simclr/stage';

/** Config of the stage `augment`. */
export const AugmentConfig = z.strictObject({
  /** Dataset of the stage `ingest`, where that writes several. */
  dataset: z.string().optional(),
  /** View policy, or two with a slash between them (pair.ts); the default is the paper's without blur, as for CIFAR-10 (B.9). */
  policy: z.string().default('crop|flip|jitter(0.5)|grayscale'),
  /** Images in the preview, each with two views. */
  preview: z.int().min(1).max(200).default(24),
});
export type AugmentConfig = z.infer<typeof AugmentConfig>;

/** The config's name for the dataset, in errors. */
export const DATASET_KEY = 'augment.dataset';
