import { existsSync } from 'node:fs';
import type { MissingDataset } from '@simclr/artifacts';
import { ARCHIVE_CACHE, archiveFolders } from './archive-places.ts';
import type { FolderDataset, KnownDataset } from './config.ts';
import { filesThere, placeOf } from './fetch-files.ts';
import { DATASETS } from './registry.ts';
import { sourcePath } from './source-path.ts';

/** Files that a dataset is made from and that are not on this machine. */
export function absentFiles(wanted: FolderDataset | KnownDataset): string[] {
  if (wanted.folder !== undefined) return existsSync(sourcePath(wanted.folder)) ? [] : [wanted.folder];
  const from = wanted.from === undefined ? [] : [sourcePath(wanted.from)];
  const places = { folders: [...from, ...archiveFolders()], cache: ARCHIVE_CACHE };
  const files = filesThere(DATASETS[wanted.name]!, places.folders);
  return files.filter((file) => placeOf(file, places) === undefined).map(({ name }) => name);
}

/** What stands in the place of a dataset that is not here: the same on every machine that lacks the same. */
export function missingDataset(wanted: FolderDataset | KnownDataset): MissingDataset {
  const { name: dataset } = wanted;
  const files = absentFiles(wanted);
  if (wanted.folder !== undefined)
    return {
      dataset,
      title: dataset,
      metric: 'top-1',
      files,
      toDo: `put the images at ${wanted.folder} and run again`,
    };
  const { title, metric, files: all, homepage } = DATASETS[dataset]!;
  const byHand = all.find((file) => files.includes(file.name) && file.byHand)?.byHand;
  return {
    dataset,
    title,
    metric,
    files,
    toDo: `put ${files.join(' and ')} into a folder, set SIMCLR_ARCHIVES=<folder> and run again (${byHand ?? homepage}); with a network that reaches its host, run with --force ingest@${dataset}`,
  };
}
