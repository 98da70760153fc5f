import { createHash } from 'node:crypto';
import { lstatSync, rmSync } from 'node:fs';
import { writeJson } from '@simclr/stage';
import { readJsonIfSound } from './task-folder.ts';

/*
 * Small files of ours that say by themselves whether they are as they were written: of a letter that a disk, or a person, has
 * changed in a number or a digest, nothing else would know.
 */

const KEY = 'sum';
const sumOf = (value: object): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** JSON with the sha256 of its content, written atomically, also where a folder is in its place. */
export function writeSealed(path: string, value: object): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true });
  writeJson(path, { ...value, [KEY]: sumOf(value) });
}

/**
 * What such a file says; undefined where there is none, or its content is not what was written. One without a sum, of an
 * older version, counts as it is.
 *
 * @param required keys that it has to have
 */
export function readSealed<T extends object>(path: string, ...required: (keyof T & string)[]): T | undefined {
  const found = readJsonIfSound<T & { [KEY]?: string }>(path, ...required);
  if (!found) return undefined;
  const { [KEY]: sum, ...rest } = found;
  return sum === undefined || sum === sumOf(rest) ? (rest as unknown as T) : undefined;
}
