import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Archives } from '../archives.ts';
import type { Dataset, DatasetRow } from '../dataset.ts';
import { matNumbers, readMat } from '../formats/mat5.ts';
import { readTrainList } from '../known.ts';
import { linesOf } from '../listing.ts';
import { readSplits } from '../testdata/archives.ts';
import { matFile } from '../testdata/mat.ts';
import { cars } from './cars.ts';
import { flowers } from './flowers.ts';
import { food101 } from './food101.ts';
import { sun397 } from './sun397.ts';

/** The official label files, which no clone has: see its README. */
const LABELS = fileURLToPath(new URL('../../../../../shared/data/labels', import.meta.url));
const there = existsSync(LABELS);
const read = (path: string) => readFileSync(join(LABELS, path));

/** Real label files by name, with images of whatever paths, which hold nothing. */
function archivesOf(labels: Record<string, Buffer>, images: Iterable<string>): Archives {
  const found = (paths: readonly string[]) => new Map(paths.map((path) => [path, labels[path]!]));
  return {
    find: async (_file, paths) => found(paths),
    filter: async (_file, test) => found(Object.keys(labels).filter(test)),
    bytes: async (file) => labels[file]!,
    async *members() {
      for (const path of images)
        yield { path, type: 'file', size: 0, target: '', content: async function* () {} } as const;
    },
    distinct: (files) => [...files],
    has: () => false,
    inside: async function* () {},
  };
}

/** Rows of each class. */
const perClass = (rows: DatasetRow[]) => {
  const counts = new Map<unknown, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
};
const counts = (splits: Awaited<ReturnType<typeof readSplits>>, { splits: expected }: Dataset) =>
  Object.fromEntries(Object.keys(expected).map((split) => [split, splits[split as 'train'].length]));

describe.skipIf(!there)('the official label files (skipped where ../shared/data is not there)', () => {
  it('food101: 101 × 750 and 101 × 250, as in its other format', async () => {
    const names = ['classes', 'train', 'test'].map((name) => `meta/${name}.txt`);
    const labels = Object.fromEntries(names.map((name) => [`food-101/${name}`, read(`food101/${name}`)]));
    const json = ['train', 'test'].map(
      (split) => JSON.parse(read(`food101/meta/${split}.json`).toString()) as Record<string, string[]>,
    );
    const images = json.flatMap((of) => Object.values(of).flat()).map((id) => `food-101/images/${id}.jpg`);
    const splits = await readSplits(food101, archivesOf(labels, images));
    expect(splits.classes).toHaveLength(food101.classes);
    expect(counts(splits, food101)).toEqual(food101.splits);
    expect(new Set(perClass(splits.train).values())).toEqual(new Set([750]));
    expect(new Set(perClass(splits.test).values())).toEqual(new Set([250]));
    const listed = new Set(Object.values(json[0]!).flat());
    for (const row of splits.train) expect(listed.has('path' in row ? row.path.slice(0, -4) : '')).toBe(true);
  });

  it('flowers: 1,020, 1,020 and 6,149 images, ten of each class to train on', async () => {
    const labels = { 'imagelabels.mat': read('flowers102/imagelabels.mat'), 'setid.mat': read('flowers102/setid.mat') };
    const images = Array.from({ length: 8189 }, (_, i) => `jpg/image_${String(i + 1).padStart(5, '0')}.jpg`);
    const splits = await readSplits(flowers, archivesOf(labels, images));
    expect(splits.classes).toHaveLength(flowers.classes);
    expect(counts(splits, flowers)).toEqual(flowers.splits);
    for (const rows of [splits.train, splits.validation])
      expect(new Set(perClass(rows).values())).toEqual(new Set([10]));
  });

  it('cars: 196 classes, 8,144 images to train on, classes as in its perfect predictions', async () => {
    const devkit = (name: string) => read(`stanford_cars/devkit/${name}`);
    // The labels of the test images are a file that is not here: all are called the first class.
    const test = readMat(devkit('cars_test_annos.mat'), 'cars_test_annos.mat').get('annotations');
    const fname = test?.is === 'structs' ? test.fields.get('fname')! : [];
    const names = fname.map((name) => (name.is === 'text' ? { text: name.text } : { text: '' }));
    const labels = {
      'devkit/cars_meta.mat': devkit('cars_meta.mat'),
      'devkit/cars_train_annos.mat': devkit('cars_train_annos.mat'),
      'cars_test_annos_withlabels.mat': matFile({
        annotations: { structs: { fname: names, class: names.map(() => ({ bytes: [1] })) } },
      }),
    };
    const paths = (split: string, n: number) =>
      Array.from({ length: n }, (_, i) => `cars_${split}/${String(i + 1).padStart(5, '0')}.jpg`);
    const splits = await readSplits(cars, {
      ...archivesOf(labels, []),
      members: (file) =>
        archivesOf({}, file === 'cars_train.tgz' ? paths('train', 8144) : paths('test', 8041)).members(file),
    });
    expect(splits.classes).toHaveLength(cars.classes);
    expect(counts(splits, cars)).toEqual(cars.splits);
    const perfect = linesOf(devkit('train_perfect_preds.txt')).map(Number);
    expect(splits.train.map(({ label }) => (label as number) + 1)).toEqual(perfect);
  });

  it('sun397: 397 × 50', async () => {
    const training = read('sun397/Training_01.txt');
    const paths = linesOf(training);
    const classes = [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))))].sort();
    const labels = {
      'ClassName.txt': Buffer.from(classes.join('\n')),
      'Training_01.txt': training,
      'Testing_01.txt': Buffer.from(''),
    };
    const splits = await readSplits(
      sun397,
      archivesOf(
        labels,
        paths.map((path) => `SUN397${path}`),
      ),
    );
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
    expect(linesOf(read('stl10/class_names.txt'))).toEqual(
      'airplane bird car cat deer dog horse monkey ship truck'.split(' '),
    );
  });

  it('MAT files: what numbers there are', () => {
    const sets = readMat(read('flowers102/setid.mat'), 'setid.mat');
    expect(['trnid', 'valid', 'tstid'].map((name) => matNumbers(sets, name, 'setid.mat').length)).toEqual([
      1020, 1020, 6149,
    ]);
  });
});
