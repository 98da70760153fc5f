import { fileURLToPath } from 'node:url';
import type { Tree } from '@simclr/tensorflow';
import type { Checkpoint } from '../checkpoint.ts';

export const testFile = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export const readAll = (checkpoint: Checkpoint): Tree =>
  Object.fromEntries([...checkpoint.shapes.keys()].map((name) => [name, checkpoint.read(name)]));

/** A copy with one bit of a byte turned over. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 16;
  return copy;
}
