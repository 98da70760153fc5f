import { z } from '@simclr/stage';

/** Config of the stage `features`. */
export const FeaturesConfig = z.strictObject({
  /** Dataset of the stage `ingest`; by default the only one, or of several the one that the encoder was pretrained on. */
  dataset: z.string().optional(),
  /** Also features of the same network at random initialisation, and the raw pixels where they are few enough. */
  baselines: z.boolean().default(true),
});
export type FeaturesConfig = z.infer<typeof FeaturesConfig>;

/** The config's name for the dataset, in errors. */
export const DATASET_KEY = 'features.dataset';
