import { FEATURES_TAP, TAPS } from '@simclr/nn/plan';
import { z } from '@simclr/stage';

/** Config of the stage `features`. */
export const FeaturesConfig = z.strictObject({
  /** Dataset of the stage `ingest`; by default the only one, or of several the one that the encoder was pretrained on. */
  dataset: z.string().optional(),
  /** Also features of the same network at random initialisation, and the raw pixels where they are few enough. */
  baselines: z.boolean().default(true),
  /**
   * Where in a network of ours they are taken from, by the reference's names: the mean of what the stem or a group gives, h
   * (`final_avg_pool`), a layer of the projection head, or z (`proj_head_output`).
   */
  tap: z.enum(TAPS).default(FEATURES_TAP),
  /** In which a network of ours computes. Default: as its encoder.json says. */
  precision: z.enum(['fp32', 'bf16']).optional(),
  /** Images at a time, which features do not depend on but for rounding. */
  batch: z.int().min(1).default(32),
});
export type FeaturesConfig = z.infer<typeof FeaturesConfig>;

/** The config's name for the dataset, in errors. */
export const DATASET_KEY = 'features.dataset';
