import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@simclr/stage';

export const REPOSITORY: string = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * The path of a folder or archive that a config names: relative to the repository; `~` is the home folder.
 * @throws UserError for an address in the web
 */
export function sourcePath(named: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(named))
    throw new UserError(`not a path: ${named}. download it and name the folder or archive (ingest.datasets[].folder)`);
  return resolve(REPOSITORY, expandHome(named));
}

export const expandHome = (named: string): string => named.replace(/^~(?=\/|$)/, () => homedir());

/** The path of a table that a config names beside a folder or an archive. */
export function tablePath(folder: string, table: string): string {
  const path = resolve(REPOSITORY, expandHome(folder));
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  return resolve(isFolder ? path : dirname(path), expandHome(table));
}
