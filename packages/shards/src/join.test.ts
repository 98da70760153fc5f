import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  closeEncoded,
  type Encoded,
  joinSplits,
  loadSplit,
  type Pixels,
  readImage,
  writeEncodedSplit,
  writePixelSplit,
} from './index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'join-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const classes = ['a', 'b'];

it('joins pixels, rows of the second after those of the first', async () => {
  const write = (split: string, from: number, count: number) => {
    const rows = Array.from({ length: count }, (_, i) => ({
      label: (from + i) % 2,
      pixels: new Uint8Array(4).fill(from + i),
    }));
    return writePixelSplit(join(dir, split), { classes, shape: [2, 2, 1] }, rows, { dataset: 'd', split });
  };
  await write('train', 0, 3);
  await write('validation', 3, 2);
  const both = joinSplits(loadSplit(join(dir, 'train')), loadSplit(join(dir, 'validation'))) as Pixels;
  expect([...both.labels]).toEqual([0, 1, 0, 1, 0]);
  expect([...both.data]).toEqual([0, 1, 2, 3, 4].flatMap((value) => [value, value, value, value]));
  expect(both.rows).toBe(5);
});

it('joins files, of several shards, and labels of several classes', async () => {
  const write = (split: string, from: number, count: number) => {
    const rows = Array.from({ length: count }, (_, i) => ({
      ...{ label: Int8Array.of(i % 2, -1), path: `${i}.jpg`, bytes: new Uint8Array(from + i + 1).fill(from + i) },
    }));
    const options = { dataset: 'd', split, batchRows: 1, shardBytes: 1 };
    return writeEncodedSplit(join(dir, split), { classes, shape: null, severalLabels: true }, rows, options);
  };
  await write('train', 0, 3);
  await write('validation', 3, 2);
  const both = joinSplits(loadSplit(join(dir, 'train')), loadSplit(join(dir, 'validation'))) as Encoded;
  expect([...both.targets!]).toEqual([0, 1, 0, 0, 1].flatMap((value) => [value, -1]));
  for (const row of [0, 1, 2, 3, 4]) expect([...readImage(both, row)]).toEqual(new Array(row + 1).fill(row));
  closeEncoded(both);
});
