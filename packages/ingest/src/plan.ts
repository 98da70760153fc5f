import type { PlannedDataset, StagePlan } from '@simclr/stage';
import { ARCHIVES, datasetNames, type IngestConfig } from './config.ts';

/** What the stage would write: known sizes, and those that the config states. */
export function planIngest(config: IngestConfig): StagePlan {
  const names = datasetNames(config);
  const planned = config.datasets.map((wanted): PlannedDataset => {
    if (typeof wanted === 'string') return ARCHIVES[wanted]!.known;
    const { size, images } = wanted;
    return { shape: size === null ? null : [size, size, 3], train: images?.train, test: images?.test };
  });
  return {
    facts: Object.fromEntries(names.map((name, i) => [name, describe(planned[i]!)])),
    datasets: Object.fromEntries(names.map((name, i) => [name, planned[i]!])),
  };
}

function describe({ shape, train, test }: PlannedDataset): string {
  const format = shape ? shape.join('×') : 'files of any size';
  if (train === undefined || test === undefined) return `images unknown until ingest, ${format}`;
  return `${train.toLocaleString('en-US')} train and ${test.toLocaleString('en-US')} test images, ${format}`;
}
