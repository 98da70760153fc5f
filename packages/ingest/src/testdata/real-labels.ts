import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Archives } from '../archives.ts';
import { cars } from '../datasets/cars.ts';
import { flowers } from '../datasets/flowers.ts';
import { food101 } from '../datasets/food101.ts';
import { sun397 } from '../datasets/sun397.ts';
import { readMat } from '../formats/mat5.ts';
import { linesOf } from '../listing.ts';
import { readSplits, type Splits } from './archives.ts';
import { matFile } from './mat.ts';

/** The official label files, which no clone has: see its README. */
export const LABELS: string = fileURLToPath(new URL('../../../../../shared/data/labels', import.meta.url));
export const hasLabels: boolean = existsSync(LABELS);
export const readLabels = (path: string): Buffer => readFileSync(join(LABELS, path));

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

/** The splits that the real label files give; images hold nothing. */
export const ofRealLabels: Record<'food101' | 'flowers' | 'cars' | 'sun397', () => Promise<Splits>> = {
  food101() {
    const names = ['classes', 'train', 'test'].map((name) => `meta/${name}.txt`);
    const labels = Object.fromEntries(names.map((name) => [`food-101/${name}`, readLabels(`food101/${name}`)]));
    const ids = ['train', 'test'].flatMap((split) => linesOf(readLabels(`food101/meta/${split}.txt`)));
    const images = ids.map((id) => `food-101/images/${id}.jpg`);
    return readSplits(food101, archivesOf(labels, images));
  },

  flowers() {
    const names = ['imagelabels.mat', 'setid.mat'];
    const labels = Object.fromEntries(names.map((name) => [name, readLabels(`flowers102/${name}`)]));
    const images = Array.from({ length: 8189 }, (_, i) => `jpg/image_${String(i + 1).padStart(5, '0')}.jpg`);
    return readSplits(flowers, archivesOf(labels, images));
  },

  /** The labels of the test images are a file that is not here: all are called the first class. */
  cars() {
    const devkit = (name: string) => readLabels(`stanford_cars/devkit/${name}`);
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
    return readSplits(cars, {
      ...archivesOf(labels, []),
      members: (file) =>
        archivesOf({}, file === 'cars_train.tgz' ? paths('train', 8144) : paths('test', 8041)).members(file),
    });
  },

  /** The list of test images is not here. */
  sun397() {
    const training = readLabels('sun397/Training_01.txt');
    const paths = linesOf(training);
    const classes = [...new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))))].sort();
    const labels = {
      'ClassName.txt': Buffer.from(classes.join('\n')),
      'Training_01.txt': training,
      'Testing_01.txt': Buffer.from(''),
    };
    const images = paths.map((path) => `SUN397${path}`);
    return readSplits(sun397, archivesOf(labels, images));
  },
};
