import { join } from 'node:path';
import type { Progress, StageContext } from '@simclr/stage';
import type { FolderDataset } from './config.ts';
import type { DatasetRow } from './dataset.ts';
import { hubTables, savedTables } from './find-tables.ts';
import { type ImageFiles, type Images, readImageFolder } from './folder.ts';
import { openSource } from './open-source.ts';
import type { ReadDataset } from './read-dataset.ts';
import { readTableDataset } from './read-tables.ts';
import { requireSplits } from './require-splits.ts';
import { sourcePath, tablePath } from './source-path.ts';

/** Folder for the images of an archive while they are read. */
export const UNPACKED = 'unpacked';

type Context = Pick<StageContext<unknown>, 'log' | 'seed' | 'signal' | 'work'>;

/** Reads one's own images. @param concurrency images decoded at a time */
export async function readOwn(
  wanted: FolderDataset,
  { log, seed, signal, work }: Context,
  concurrency: number,
): Promise<ReadDataset> {
  const { name, folder, size, testFraction, maxSkipped } = wanted;
  const path = sourcePath(folder);
  const saved = savedTables(path);
  if (saved) return readTableDataset(path, saved, wanted, { seed, concurrency });
  let progress: Progress | undefined;
  const { files, notes } = await openSource(path, join(work, UNPACKED), {
    signal,
    onProgress(bytes, of) {
      progress ??= log.progress(megabytes(of), 'MB of the archive');
      progress.update(megabytes(bytes));
    },
  });
  progress?.stop();
  const tables = wanted.table === undefined ? hubTables(path, files) : undefined;
  if (tables) return readTableDataset(path, tables, wanted, { seed, concurrency });
  let checking: Progress | undefined;
  const read = await readImageFolder({
    folder: path,
    found: files,
    table: wanted.table === undefined ? undefined : tablePath(folder, wanted.table),
    size,
    testFraction,
    seed,
    concurrency,
    maxSkipped,
    checked(done, total) {
      signal.throwIfAborted();
      checking ??= log.progress(total, 'images checked');
      if (done % 100 === 0) checking.update(done);
    },
  }).finally(() => checking?.stop());
  const { classes, train, test, skipped, shape } = read;
  const counts = { train: train.count, test: test.count };
  requireSplits(path, wanted, { classes, ...counts });
  return {
    name,
    title: name,
    metric: 'top-1',
    classes,
    shape,
    counts,
    source: path,
    rows: rowsOf(read),
    notes: [...notes, ...(read.notes ?? [])],
    skipped,
    missing: [],
  };
}

async function* rowsOf(read: Images | ImageFiles): AsyncGenerator<DatasetRow> {
  for (const split of ['train', 'test'] as const) for await (const row of read[split].rows) yield { split, ...row };
}

export const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
