import { closeSync, openSync, readSync } from 'node:fs';
import { openArrow } from './formats/arrow.ts';
import type { Columnar } from './formats/columnar.ts';
import { openParquet } from './formats/parquet.ts';

/** The first bytes of a file, in Latin 1. */
export function beginningOf(path: string, bytes: number): string {
  const head = Buffer.alloc(bytes);
  const fd = openSync(path, 'r');
  try {
    return head.toString('latin1', 0, readSync(fd, head));
  } finally {
    closeSync(fd);
  }
}

/** Opens a file of Arrow or Parquet, whatever its name. @throws UserError where it is damaged */
export const openColumnar = (path: string): Columnar =>
  beginningOf(path, 4) === 'PAR1' ? openParquet(path) : openArrow(path);
