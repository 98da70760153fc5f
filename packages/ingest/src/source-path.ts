import { homedir } from 'node:os';
import { resolve } from 'node:path';
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
