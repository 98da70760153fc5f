import { delimiter, join, resolve } from 'node:path';
import { expandHome } from '@simclr/stage/own-path';
import { REPOSITORY } from './source-path.ts';

/** Folders of archives that the user has: SIMCLR_ARCHIVES, with colons between them, relative to the repository. */
export const archiveFolders = (): string[] =>
  (process.env.SIMCLR_ARCHIVES ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => resolve(REPOSITORY, expandHome(folder)));

/** Folder of verified archives from earlier runs. */
export const ARCHIVE_CACHE: string = join(REPOSITORY, '.cache/archives');
