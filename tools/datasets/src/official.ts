import { existsSync, readFileSync } from 'node:fs';
import { DATASETS, type Dataset } from '@simclr/ingest';
import type { SplitName } from '@simclr/shards';

/** What is known of a dataset as it is published, beyond what reading it takes. */
export interface Official {
  /** Names of the classes in order. */
  classes?: readonly string[];
  /** Folder of each class's training images, in order, where that is another name than the class's. */
  folders?: readonly string[];
  /** Images of each class, where all have as many. */
  perClass?: Partial<Record<SplitName, number>>;
  /** Digests of what splits consist of, images by name and their labels (`SplitDigest`), from the authors' label files. */
  lists?: Partial<Record<SplitName, string>>;
  /** Official parts of splits, by the digests of their lists. */
  parts?: Readonly<Record<string, { split: SplitName; name: string; images: number }>>;
  /** Digest of names and bytes of all images, whatever archive they come in. */
  contents?: string;
  /** Images that no split has are in its archives. */
  unlisted?: boolean;
}

/** A published dataset, and what is known of it. */
export interface Published {
  dataset: Dataset;
  official: Official;
}

/**
 * Where all classes are as large, from the datasets' papers. Lists: of Food-101, Flowers-102, Cars, SUN397 and ImageNet's parts
 * those of the official label files; of Caltech-101, digits and Fashion-MNIST what `ingest` draws from the official archives.
 */
const KNOWN: Record<string, Omit<Official, 'classes' | 'folders'>> = {
  'fashion-mnist': {
    perClass: { train: 6000, test: 1000 },
    lists: { train: 'bf9fc5346a88e564', test: 'fcb3d0ec181bc41b' },
  },
  digits: { lists: { train: '944e16c73ceb1f78', test: '3b053c75763021a9' } },
  cifar10: { perClass: { train: 5000, test: 1000 } },
  cifar100: { perClass: { train: 500, test: 100 } },
  stl10: { perClass: { train: 500, test: 800 }, unlisted: true },
  food101: { perClass: { train: 750, test: 250 }, lists: { train: 'f94203f917f3a2c3', test: 'a76ca32a1aafdede' } },
  birdsnap: { unlisted: true },
  sun397: { perClass: { train: 50, test: 50 }, lists: { train: '087da820e4f39ab1' }, unlisted: true },
  cars: { lists: { train: '50455aa62c3d8606' } },
  dtd: { perClass: { train: 40, validation: 40, test: 40 } },
  pets: { unlisted: true },
  caltech101: {
    perClass: { train: 30 },
    lists: { train: '39997f31b619b03b', test: 'e45a1c43903ff02a' },
    contents: 'dc0f11e6a5bd9875a3df2a68',
  },
  flowers: {
    perClass: { train: 10, validation: 10 },
    lists: { train: '8281acfb2d780a63', validation: '3478eb38a9109d92', test: '640ea77adeea17d6' },
  },
  imagenet: {
    perClass: { test: 50 },
    parts: {
      b76809cfe759fe64: { split: 'train', name: '1 %', images: 12_811 },
      '43dd53589d346b16': { split: 'train', name: '10 %', images: 128_116 },
    },
    unlisted: true,
  },
};

/** A published dataset by its name. */
export function publishedOf(name: string): Published | undefined {
  const dataset = Object.hasOwn(DATASETS, name) ? DATASETS[name] : undefined;
  if (!dataset) return undefined;
  const [classes, folders] = [listOf(name), listOf(`${name}.folders`)];
  return { dataset, official: { ...KNOWN[name], ...(classes && { classes }), ...(folders && { folders }) } };
}

function listOf(name: string): string[] | undefined {
  const list = new URL(`../classes/${name}.txt`, import.meta.url);
  return existsSync(list) ? readFileSync(list, 'utf8').trimEnd().split('\n') : undefined;
}

/** What is not known of it here, so that nothing is compared with it. */
export function unknownOf({ dataset, official }: Published): string[] {
  const splits = (Object.keys(dataset.splits) as SplitName[]).filter((split) => official.lists?.[split] === undefined);
  return [
    ...(official.classes ? [] : ['names of classes']),
    ...(splits.length > 0 ? [`images and labels of ${splits.join(', ')} by a list`] : []),
  ];
}
