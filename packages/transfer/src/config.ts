import { ProbeConfig } from '@simclr/evaluation/config';
import { z } from '@simclr/stage';

/** Config of the stage `transfer`. */
export const TransferConfig = z.strictObject({
  ...ProbeConfig.shape,
  /**
   * Datasets of the stage `ingest`, of any shape: images are resized to what the encoder takes. Where stages `features`
   * extract, those say it.
   */
  datasets: z.array(z.string()).min(1).optional(),
});
export type TransferConfig = z.infer<typeof TransferConfig>;

/** Keys of it that only serve where the stage extracts features itself. */
export const EXTRACTION_KEYS: readonly (keyof TransferConfig)[] = ['baselines', 'datasets'];
