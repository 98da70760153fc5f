import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expandHome, ownPath } from '@simclr/stage/own-path';

export { expandHome } from '@simclr/stage/own-path';

export const REPOSITORY: string = fileURLToPath(new URL('../../..', import.meta.url));

/** The path of a folder or archive that a config names. @throws UserError as `ownPath` */
export const sourcePath = (named: string): string =>
  ownPath(REPOSITORY, named, 'folder or archive', 'ingest.datasets[].folder');

/** The path of a table that a config names beside a folder or an archive. */
export function tablePath(folder: string, table: string): string {
  const path = resolve(REPOSITORY, expandHome(folder));
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  return resolve(isFolder ? path : dirname(path), expandHome(table));
}
