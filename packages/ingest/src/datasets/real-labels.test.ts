import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Dataset, DatasetRow } from '../dataset.ts';
import { matNumbers, readMat } from '../formats/mat5.ts';
import { readTrainList } from '../known.ts';
import { linesOf } from '../listing.ts';
import type { Splits } from '../testdata/archives.ts';
import { hasLabels, LABELS, ofRealLabels, readLabels } from '../testdata/real-labels.ts';
import { cars } from './cars.ts';
import { flowers } from './flowers.ts';
import { food101 } from './food101.ts';
import { sun397 } from './sun397.ts';

/** Rows of each class. */
const perClass = (rows: DatasetRow[]) => {
  const counts = new Map<unknown, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
};
const counts = (splits: Splits, { splits: expected }: Dataset) =>
  Object.fromEntries(Object.keys(expected).map((split) => [split, splits[split as 'train'].length]));

describe.skipIf(!hasLabels)('the official label files (skipped where ../shared/data is not there)', () => {
  it('food101: 101 × 750 and 101 × 250, as in its other format', async () => {
    const splits = await ofRealLabels.food101();
    expect(splits.classes).toHaveLength(food101.classes);
    expect(counts(splits, food101)).toEqual(food101.splits);
    expect(new Set(perClass(splits.train).values())).toEqual(new Set([750]));
    expect(new Set(perClass(splits.test).values())).toEqual(new Set([250]));
    for (const split of ['train', 'test'] as const) {
      const json = JSON.parse(readLabels(`food101/meta/${split}.json`).toString()) as Record<string, string[]>;
      const listed = new Set(Object.values(json).flat());
      for (const row of splits[split]) expect(listed.has('path' in row ? row.path.slice(0, -4) : '')).toBe(true);
    }
  });

  it('flowers: 1,020, 1,020 and 6,149 images, ten of each class to train on', async () => {
    const splits = await ofRealLabels.flowers();
    expect(splits.classes).toHaveLength(flowers.classes);
    expect(counts(splits, flowers)).toEqual(flowers.splits);
    for (const rows of [splits.train, splits.validation])
      expect(new Set(perClass(rows).values())).toEqual(new Set([10]));
  });

  it('cars: 196 classes, 8,144 images to train on, classes as in its perfect predictions', async () => {
    const splits = await ofRealLabels.cars();
    expect(splits.classes).toHaveLength(cars.classes);
    expect(counts(splits, cars)).toEqual(cars.splits);
    const perfect = linesOf(readLabels('stanford_cars/devkit/train_perfect_preds.txt')).map(Number);
    expect(splits.train.map(({ label }) => (label as number) + 1)).toEqual(perfect);
  });

  it('sun397: 397 × 50', async () => {
    const splits = await ofRealLabels.sun397();
    expect(splits.classes).toHaveLength(sun397.classes);
    expect(splits.train).toHaveLength(sun397.splits.train);
    expect(new Set(perClass(splits.train).values())).toEqual(new Set([50]));
  });

  it('imagenet: 12,811 and 128,116 names of 1,000 synsets', () => {
    for (const [share, count] of [
      ['1', 12_811],
      ['10', 128_116],
    ] as const) {
      const list = readTrainList(join(LABELS, `imagenet/imagenet_subsets/${share}percent.txt`));
      expect(list.size).toBe(count);
      expect(new Set([...list].map((name) => name.split('_')[0])).size).toBe(1000);
    }
  });

  it('stl10: ten names', () => {
    expect(linesOf(readLabels('stl10/class_names.txt'))).toEqual(
      'airplane bird car cat deer dog horse monkey ship truck'.split(' '),
    );
  });

  it('MAT files: what numbers there are', () => {
    const sets = readMat(readLabels('flowers102/setid.mat'), 'setid.mat');
    expect(['trnid', 'valid', 'tstid'].map((name) => matNumbers(sets, name, 'setid.mat').length)).toEqual([
      1020, 1020, 6149,
    ]);
  });
});
