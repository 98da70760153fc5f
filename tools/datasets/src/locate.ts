import { existsSync, globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type ArchiveFile, archivePath, REPOSITORY } from '@simclr/ingest';

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
  folders: [...from, ...(process.env.SIMCLR_ARCHIVES ?? '').split(':').filter(Boolean)],
  cache: join(REPOSITORY, '.cache/archives'),
  root: REPOSITORY,
});

/** The path of an archive that is there. */
export const locate = (file: ArchiveFile, { folders, cache }: Places): string | undefined =>
  [...folders.map((folder) => join(folder, file.name)), archivePath(cache, file)].find((path) => existsSync(path));

/** Folders of a dataset's shards, in whatever pipelines. */
export const builtFolders = (name: string, { root }: Places): string[] =>
  globSync([`pipelines/*/out/ingest/data/*/dataset.json`, `pipelines/*/out/ingest/*/data/*/dataset.json`], {
    cwd: root,
  })
    .map((path) => join(root, dirname(path)))
    .filter((folder) => basename(folder) === name)
    .sort();
