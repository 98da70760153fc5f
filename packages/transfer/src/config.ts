import { ProbeConfig } from '@simclr/evaluation/config';
import { chooseDataset, z } from '@simclr/stage';

/** Config of the stage `transfer`. */
export const TransferConfig = z.strictObject({
  ...ProbeConfig.shape,
  /**
   * Datasets of the stage `ingest`, where that writes several; of any shape: images are resized to what the encoder takes.
   * Where stages `features` extract, those say it.
   */
  datasets: z.array(z.string()).min(1).optional(),
});
export type TransferConfig = z.infer<typeof TransferConfig>;

/** Keys of it that only serve where the stage extracts features itself. */
export const EXTRACTION = { stage: 'transfer', keys: ['baselines', 'datasets'] };

const KEY = 'transfer.datasets';

/**
 * Of the datasets given those that the config names, or else the only one of each task that wrote some. Each is chosen when
 * it is called for, so that a plan can tell all mistakes.
 */
export function datasetChoices<D extends { name: string; task: string }>(
  given: readonly D[],
  { datasets }: TransferConfig,
): (() => D)[] {
  if (datasets) return datasets.map((name) => () => chooseDataset(given, name, KEY));
  const byTask = Map.groupBy(given, ({ task }) => task);
  return [...byTask.values()].map((own) => () => chooseDataset(own, undefined, KEY));
}
