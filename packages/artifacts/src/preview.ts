import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { runAgain } from './json-artifact.ts';

const FILE = 'preview.png';

/**
 * Some images and two views of each, as the stage `augment` shows them.
 * @param png the file's bytes
 */
export const writePreview = (folder: string, png: Uint8Array): void => writeFileAtomic(join(folder, FILE), png);

/** Throws UserError where it is missing. */
export function readPreview(folder: string): Uint8Array {
  const path = join(folder, FILE);
  if (!existsSync(path)) throw new UserError(`missing file: ${path}. ${runAgain()}`);
  return readFileSync(path);
}
