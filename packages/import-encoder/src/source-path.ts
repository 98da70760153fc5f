import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownPath } from '@simclr/stage/own-path';

export const REPOSITORY: string = fileURLToPath(new URL('../../..', import.meta.url));

/** The path of a checkpoint that a config names. @throws UserError as `ownPath` */
export const sourcePath = (named: string): string => ownPath(REPOSITORY, named, 'file', 'importEncoder.file');

/** Whether there is nothing at a path, nor files of which it is the prefix: then it may come yet, and is no mistake. */
export function isAbsent(path: string): boolean {
  const folder = dirname(path);
  const beside = existsSync(folder) ? readdirSync(folder) : [];
  return !existsSync(path) && !beside.some((name) => name.startsWith(`${basename(path)}.`));
}
