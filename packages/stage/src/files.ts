import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bytes that one call writes at most: Node refuses 2 GiB. */
const PIECE = 2 ** 30;

/**
 * Writes a file so that a reader sees the old content or the whole new one: a temporary beside it, then a rename.
 * @param data the content, or its parts in order; of any size
 */
export function writeFileAtomic(path: string, data: string | Uint8Array | readonly Uint8Array[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  const whole = typeof data === 'string' ? Buffer.from(data) : data;
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const part of whole instanceof Uint8Array ? [whole] : whole) {
        for (let at = 0; at < part.length; ) at += writeSync(file, part, at, Math.min(part.length - at, PIECE));
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** JSON with a fixed layout (two spaces, final newline), written atomically. */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Puts a finished folder in the place of `target`. The old folder is moved aside first, so that at no time half of one
 * and half of the other can be seen; at worst, after a power cut, `target` is absent.
 */
export function publishFolder(finished: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  const aside = `${target}.old.tmp`;
  rmSync(aside, { recursive: true, force: true });
  if (existsSync(target)) renameSync(target, aside);
  renameSync(finished, target);
  rmSync(aside, { recursive: true, force: true });
}
