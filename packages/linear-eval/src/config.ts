import { ProbeConfig } from '@simclr/evaluation/config';
import { z } from '@simclr/stage';

/** Config of the stage `linear-eval`. */
export const LinearEvalConfig = z.strictObject({
  ...ProbeConfig.shape,
  /**
   * Dataset of the stage `ingest`, where that writes several; by default the one that the encoder was pretrained on. Where
   * a stage `features` extracts, that says it.
   */
  dataset: z.string().optional(),
  /** Neighbours shown in the report: so many test images, so many training images each. */
  neighbours: z.strictObject({ queries: z.int().min(0).default(10), k: z.int().min(1).default(8) }).prefault({}),
});
export type LinearEvalConfig = z.infer<typeof LinearEvalConfig>;

/** Keys of it that only serve where the stage extracts features itself. */
export const EXTRACTION = { stage: 'linear-eval', keys: ['baselines', 'dataset'] };

/** The config's name for the dataset, in errors. */
export const DATASET_KEY = 'linearEval.dataset';
