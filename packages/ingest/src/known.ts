import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type PlannedDataset, UserError } from '@simclr/stage';
import type { KnownDataset } from './config.ts';
import type { Dataset, DatasetRow, SplitCounts } from './dataset.ts';
import { linesOf } from './listing.ts';
import { DATASETS } from './registry.ts';
import { sourcePath } from './source-path.ts';

/** The published dataset of a config. @throws UserError where the config asks what it cannot give */
export function knownDataset({ name, size }: KnownDataset): Dataset {
  const dataset = DATASETS[name]!;
  if (size !== null && dataset.shape)
    throw new UserError(
      `fixed size: ${name} is published as pixels of ${dataset.shape.join('×')}. leave out its size (ingest.datasets[].size)`,
    );
  return dataset;
}

/** What would come of it. */
export function planKnown(wanted: KnownDataset): PlannedDataset {
  const { shape, splits, classes } = knownDataset(wanted);
  const list = wanted.trainList === undefined ? undefined : readTrainList(wanted.trainList);
  const { size } = wanted;
  const planned = size === null ? shape : ([size, size, 3] as const);
  return { shape: planned, train: list?.size ?? splits.train, test: splits.test, classes };
}

/** Names of images, one a line. @throws UserError where there is no such file, or nothing in it */
export function readTrainList(named: string): Set<string> {
  const path = sourcePath(named);
  if (!existsSync(path))
    throw new UserError(`missing list: ${path}. expected a file of images, one a line (ingest.datasets[].trainList)`);
  const names = linesOf(readFileSync(path));
  if (names.length === 0) throw new UserError(`empty list: ${path}. expected images, one a line`);
  return new Set(names);
}

/**
 * The rows without those images for training that the list does not name, by path or by its last part.
 * @throws UserError at the end, where images of the list were not met
 */
export async function* onlyListed(
  rows: Iterable<DatasetRow> | AsyncIterable<DatasetRow>,
  list: ReadonlySet<string>,
  path: string,
): AsyncGenerator<DatasetRow> {
  const left = new Set(list);
  for await (const row of rows) {
    if (row.split === 'train') {
      const name = 'path' in row ? [row.path, basename(row.path)].find((each) => list.has(each)) : undefined;
      if (name === undefined) continue;
      left.delete(name);
    }
    yield row;
  }
  if (left.size > 0)
    throw new UserError(
      `unknown images: ${left.size} of ${list.size} in ${path} are not in the training split, for example ${[...left][0]}. correct the list`,
    );
}

/** @throws UserError where a split has not as many images as it should, those that were left out counted in */
export function requireCounts(
  name: string,
  expected: SplitCounts,
  found: Partial<Record<keyof SplitCounts, { rows: number }>>,
  leftOut: number,
): void {
  const count = (counts: (number | undefined)[]) => counts.reduce<number>((sum, n) => sum + (n ?? 0), 0);
  const splits = Object.keys(expected) as (keyof SplitCounts)[];
  const total = count(Object.values(expected));
  const rows = count(splits.map((split) => found[split]?.rows));
  for (const split of splits) {
    const [is, should] = [found[split]?.rows ?? 0, expected[split]!];
    if (is === should || (is < should && leftOut > 0 && rows + leftOut === total)) continue;
    throw new UserError(
      `wrong number of images: ${name}/${split} has ${is}. expected ${should}. fetch its archives again`,
    );
  }
}
