import { ProbeConfig } from '@simclr/evaluation/config';
import { z } from '@simclr/stage';

/** Config of the stage `transfer`. */
export const TransferConfig = z.strictObject({
  ...ProbeConfig.shape,
  /** Datasets of the stage `ingest`, of any shape: images are resized to what the encoder takes. */
  datasets: z.array(z.string()).min(1),
});
export type TransferConfig = z.infer<typeof TransferConfig>;
