import { UserError } from '@simclr/stage';
import { openArchives } from './archives.ts';
import { checkRows } from './check-rows.ts';
import type { KnownDataset } from './config.ts';
import type { Dataset, DatasetRow, SplitCounts } from './dataset.ts';
import { onlyListed, readTrainList } from './known.ts';
import type { ReadDataset } from './read-dataset.ts';

export interface ReadKnownOptions {
  wanted: KnownDataset;
  /** Paths of the dataset's files, by name. */
  paths: ReadonlyMap<string, string>;
  /** Images decoded at a time. */
  concurrency: number;
  info: (line: string) => void;
  signal?: AbortSignal;
  onProgress?: (file: string, bytes: number, of: number) => void;
}

/** Reads a published dataset: its rows come as a stream, each image decoded once. */
export async function readKnown(dataset: Dataset, options: ReadKnownOptions): Promise<ReadDataset> {
  const { wanted, paths, concurrency, info, signal, onProgress } = options;
  const { name, severalLabels, splits } = dataset;
  const { size, maxSkipped, trainList } = wanted;
  const archives = openArchives(paths, {
    tops: topsOf(dataset),
    note: (text) => info(`${name}: ${text}`),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  const { classes, rows, notes = [], missing = [] } = await dataset.read(archives);
  if (classes.length !== dataset.classes)
    throw new UserError(
      `wrong number of classes: ${name} has ${classes.length}. expected ${dataset.classes}. fetch its archives again`,
    );
  const list = trainList === undefined ? undefined : readTrainList(trainList);
  const counts: SplitCounts = { ...splits, ...(list && { train: list.size }) };
  const total = counts.train + (counts.validation ?? 0) + counts.test;
  const skipped: ReadDataset['skipped'] = [];
  const listed: ReadDataset['rows'] | Iterable<DatasetRow> = list ? onlyListed(rows, list, trainList!) : rows;
  return {
    ...dataset,
    classes,
    severalLabels,
    shape: size === null ? dataset.shape : [size, size, 3],
    counts,
    source:
      dataset.files.flatMap(({ sources }) => sources).find((source) => source.kind === 'web')?.url ?? dataset.homepage,
    rows: checkRows(listed, { name, size, total, maxSkipped, concurrency, skipped }),
    notes,
    skipped,
    missing,
  };
}

/** What each file of a dataset unpacks to. */
export function topsOf({ files, otherFiles = [] }: Pick<Dataset, 'files' | 'otherFiles'>): Map<string, string> {
  const all = [...files, ...otherFiles];
  return new Map(all.flatMap(({ name, unpacked }) => (unpacked === undefined ? [] : [[name, unpacked] as const])));
}
