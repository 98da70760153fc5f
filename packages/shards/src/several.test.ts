import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryLog } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  closeEncoded,
  loadEncoded,
  loadInput,
  loadPixels,
  SplitWriter,
  writeEncodedSplit,
  writePixelSplit,
} from './index.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'several-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const classes = ['bicycle', 'bus', 'car'];
const options = { dataset: 'streets', split: 'train', batchRows: 2 };
const labels = [
  [1, -1, 0],
  [-1, -1, 1],
  [1, 1, 1],
].map((label) => Int8Array.from(label));

describe('images of several classes', () => {
  it('are kept with a value for each class, as files and as pixels', async () => {
    const features = { classes, severalLabels: true };
    const files = labels.map((label, i) => ({ bytes: new Uint8Array(i + 1).fill(i), path: `${i}.jpg`, label }));
    await writeEncodedSplit(join(dir, 'e/train'), { ...features, shape: null }, files, options);
    const encoded = loadEncoded(join(dir, 'e/train'));
    expect([...encoded.targets!]).toEqual(labels.flatMap((label) => [...label]));
    expect([...encoded.labels]).toEqual([-1, -1, -1]);
    closeEncoded(encoded);
    const images = labels.map((label, i) => ({ pixels: new Uint8Array(4).fill(i), label }));
    await writePixelSplit(join(dir, 'p/train'), { ...features, shape: [2, 2, 1] }, images, options);
    const pixels = loadPixels(join(dir, 'p/train'));
    expect([...pixels.targets!]).toEqual(labels.flatMap((label) => [...label]));
    expect([...pixels.data]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect(JSON.parse(readFileSync(join(dir, 'e/train/dataset_info.json'), 'utf8')).features).toEqual({
      image: { _type: 'Image' },
      targets: { feature: { dtype: 'int8', _type: 'Value' }, length: 3, _type: 'List' },
    });
  });

  it('are refused to a stage that takes one label an image', async () => {
    const row = { pixels: Uint8Array.of(1), label: labels[0]! };
    const features = { classes, severalLabels: true, shape: [1, 1, 1] as const };
    await writePixelSplit(join(dir, 'streets/train'), features, [row], options);
    const log = memoryLog();
    expect(() => loadInput(dir, 'streets', 'train', log)).toThrow(/^several labels: an image of streets may be of/);
    expect(loadInput(dir, 'streets', 'train', log, { several: true }).targets).toEqual(labels[0]);
  });

  it.each([
    [Int8Array.of(1, 0), true, /^invalid label: \[1,0\] of row 0\. expected -1, 0 or 1 for each of 3 classes$/],
    [Int8Array.of(1, 0, 2), true, /^invalid label: \[1,0,2\]/],
    [1, true, /^invalid label: 1 of row 0\. expected a value for each class$/],
    [Int8Array.of(1, 0, 0), false, /^invalid label: \[1,0,0\] of row 0\. expected a class$/],
    [3, false, /^invalid label: 3 of row 0\. expected 0\.\.2$/],
  ])('have labels that the features know: %o', async (label, severalLabels, words) => {
    const writer = new SplitWriter(join(dir, 'x'), { classes, severalLabels, shape: [1, 1, 1] }, options);
    expect(() => writer.add({ pixels: Uint8Array.of(1), label })).toThrow(words);
  });
});

it('two splits are written at once, a batch in memory at most of so many bytes', () => {
  const writers = ['a', 'b'].map((split) => {
    const features = { classes, shape: [1, 2, 1] as const };
    return new SplitWriter(join(dir, split), features, { dataset: 'x', split, batchBytes: 6 });
  });
  for (let i = 0; i < 9; i++) writers[i % 2]!.add({ pixels: Uint8Array.of(i, i), label: i % 3 });
  for (const writer of writers) writer.close();
  const [a, b] = ['a', 'b'].map((split) => loadPixels(join(dir, split)));
  expect([...a!.data]).toEqual([0, 0, 2, 2, 4, 4, 6, 6, 8, 8]);
  expect([...b!.labels]).toEqual([1, 0, 2, 1]);
});
