import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { UserError } from './errors.ts';

/**
 * The path of something of the user's that a config names: relative to the repository; `~` is the home folder.
 *
 * @param what it may be, for the error
 * @param key where the config names it, for the error
 * @throws UserError for an address in the web
 */
export function ownPath(repository: string, named: string, what: string, key: string): string {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(named))
    throw new UserError(`not a path: ${named}. download it and name the ${what} (${key})`);
  return resolve(repository, expandHome(named));
}

export const expandHome = (named: string): string => named.replace(/^~(?=\/|$)/, () => homedir());
