import { existsSync, statSync } from 'node:fs';
import { checkAll, type PlannedDataset, type StagePlan } from '@simclr/stage';
import { datasetNames, type FolderDataset, type IngestConfig, wantedDataset } from './config.ts';
import { hubTables, savedTables } from './find-tables.ts';
import { planKnown } from './known.ts';
import { listImages } from './list-images.ts';
import { listTable } from './list-table.ts';
import { absentFiles } from './missing-dataset.ts';
import { requireSplits, type SplitCounts } from './require-splits.ts';
import { sourcePath, tablePath } from './source-path.ts';
import { splitListed } from './split-listed.ts';
import { readTables } from './tables.ts';
import { walkFolder } from './walk-folder.ts';

/**
 * What the stage would write: known sizes, those that the config states, and of a folder what is in it, of which names
 * alone are read.
 *
 * @throws UserError a line for each folder that cannot be a dataset
 */
export default function planIngest(config: IngestConfig): StagePlan {
  const names = datasetNames(config);
  const datasets: Record<string, PlannedDataset> = {};
  const missing: string[] = [];
  checkAll(
    config.datasets.map((given, i) => () => {
      const wanted = wantedDataset(given);
      if (wanted.folder === undefined) {
        datasets[names[i]!] = planKnown(wanted);
        return;
      }
      const path = sourcePath(wanted.folder);
      if (!existsSync(path) && config.missing === 'error') missing.push(`missing folder or archive: ${path}`);
      datasets[names[i]!] = planFolder(wanted, path);
    }),
  );
  const absent = config.missing === 'name' ? absentFiles(wantedDataset(config.datasets[0]!)) : [];
  const named = absent.length && {
    missing: `${absent.join(', ')}: unless fetched when it runs, the dataset is named in tables and not evaluated`,
  };
  return {
    facts: { ...Object.fromEntries(names.map((name) => [name, describe(datasets[name]!)])), ...named },
    datasets,
    missing: missing.length ? missing.join('; ') : undefined,
  };
}

function planFolder(wanted: FolderDataset, path: string): PlannedDataset {
  const { size, images } = wanted;
  const shape = size === null ? null : ([size, size, 3] as const);
  const saved = savedTables(path);
  // How many images an archive holds shows when it is read.
  if (!saved && !statSync(path, { throwIfNoEntry: false })?.isDirectory()) return { shape, ...images };
  const counts = saved ? readTables(path, saved, wanted, 0) : countImages(path, wanted);
  // Those that cannot be decoded may be left out of what the config states.
  requireSplits(path, wanted.maxSkipped > 0 ? { ...wanted, images: undefined } : wanted, counts);
  const { train, test } = images ?? counts;
  return { shape, train, test, classes: counts.classes.length };
}

function countImages(path: string, wanted: FolderDataset): SplitCounts {
  const { testFraction, folder, table } = wanted;
  const found = walkFolder(path);
  const tables = table === undefined ? hubTables(path, found) : undefined;
  if (tables) return readTables(path, tables, wanted, 0);
  const { classes, files, test } =
    table === undefined ? listImages(path, found) : listTable(path, found, tablePath(folder, table));
  // How many go where does not hang on the seed.
  const split = test ? { train: files, test } : splitListed(files, classes, testFraction, 0);
  return { classes, train: split.train.length, test: split.test.length };
}

function describe({ shape, train, test }: PlannedDataset): string {
  const format = shape ? shape.join('×') : 'files of any size';
  if (train === undefined || test === undefined) return `images unknown until ingest, ${format}`;
  return `${train.toLocaleString('en-US')} train and ${test.toLocaleString('en-US')} test images, ${format}`;
}
