import { expect, it } from 'vitest';
import type { DatasetRow } from './dataset.ts';
import { Tally } from './tally.ts';

it('counts images of each class and split, and those of a split that are in an earlier one', () => {
  const tally = new Tally(2);
  const add = (split: DatasetRow['split'], label: number, ...bytes: number[]) =>
    tally.add({ split, label, path: `${split}/${bytes}.jpg`, bytes: Uint8Array.from(bytes) });
  add('test', 1, 7);
  add('train', 0, 7);
  add('train', 0, 8);
  add('train', 1, 8);
  add('validation', 1, 9);
  add('test', 1, 9);
  add('test', 1, 9);
  expect([...tally.perClass('train')]).toEqual([2, 1]);
  expect([...tally.perClass('test')]).toEqual([0, 3]);
  expect(tally.duplicates()).toEqual([
    { split: 'test', alsoIn: 'train', images: 1, example: 'train/7.jpg' },
    { split: 'test', alsoIn: 'validation', images: 2, example: 'test/9.jpg' },
  ]);
});

it('counts an image of several classes for each that it shows, and pixels as bytes', () => {
  const tally = new Tally(3);
  for (const split of ['train', 'test'] as const)
    tally.add({ split, label: Int8Array.of(1, 0, -1), pixels: Uint8Array.of(1, 2, 3) });
  expect([...tally.perClass('train')]).toEqual([1, 0, 0]);
  expect(tally.duplicates()).toEqual([{ split: 'test', alsoIn: 'train', images: 1, example: 'row 0' }]);
});
