import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ARCHIVE_CACHE, archiveFolders, REPOSITORY } from '@simclr/ingest';

/** Where archives are looked for. */
export interface Places {
  /** Folders of the user's. */
  folders: string[];
  /** Of what was downloaded. */
  cache: string;
  /** Holds the pipelines, whose `out` has what was built. */
  root: string;
}

/** @param from folders that come before those of SIMCLR_ARCHIVES */
export const placesOf = (from: string[]): Places => ({
  folders: [...from, ...archiveFolders()],
  cache: ARCHIVE_CACHE,
  root: REPOSITORY,
});

/** Folders of a dataset's shards, in whatever pipelines. */
export const builtFolders = (name: string, { root }: Places): string[] =>
  globSync([`pipelines/*/out/ingest/data/*/dataset.json`, `pipelines/*/out/ingest/*/data/*/dataset.json`], {
    cwd: root,
  })
    .map((path) => join(root, dirname(path)))
    .filter((folder) => basename(folder) === name)
    .sort();
