import { UserError } from '@simclr/stage';
import { checkRows } from './check-rows.ts';
import type { FolderDataset } from './config.ts';
import type { DatasetRow } from './dataset.ts';
import type { TableSplit } from './find-tables.ts';
import type { Cell, ImageCell } from './formats/columnar.ts';
import type { ReadDataset } from './read-dataset.ts';
import { requireSplits } from './require-splits.ts';
import { readTables, type TableFile } from './tables.ts';

/**
 * Reads a dataset of Hugging Face, or any tables of images: its rows come as a stream, each image decoded once.
 *
 * @param concurrency images decoded at a time
 * @throws UserError for what is damaged, or can be no dataset
 */
export function readTableDataset(
  path: string,
  splits: readonly TableSplit[],
  wanted: FolderDataset,
  { seed, concurrency }: { seed: number; concurrency: number },
): ReadDataset {
  const { name, size, maxSkipped } = wanted;
  const { classes, files, train, test, notes } = readTables(path, splits, wanted, seed);
  requireSplits(path, wanted, { classes, train, test });
  const skipped: ReadDataset['skipped'] = [];
  return {
    name,
    title: name,
    source: path,
    metric: 'top-1',
    classes,
    shape: size === null ? null : [size, size, 3],
    counts: { train, test },
    rows: checkRows(rowsOf(files), { name, size, total: train + test, maxSkipped, concurrency, skipped }),
    notes,
    skipped,
    missing: [],
  };
}

function* rowsOf(files: readonly TableFile[]): Generator<DatasetRow> {
  for (const { path: file, split, table, columns, labels, splits } of files) {
    let row = 0;
    for (const [cell] of table.read([columns.image])) {
      const { bytes, path } = imageOf(cell!);
      if (!bytes && path)
        throw new UserError(
          `no image: ${file}, row ${row} names ${path} and does not hold it. save_to_disk and push_to_hub embed images`,
        );
      const name = path || `${split}/${row}`;
      yield { split: splits[row]!, label: labels[row]!, bytes: bytes ?? new Uint8Array(), path: name };
      row++;
    }
  }
}

const imageOf = (cell: Cell): ImageCell =>
  cell instanceof Uint8Array || cell === null ? { bytes: cell, path: null } : (cell as ImageCell);
