import type { SplitName } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import { type Archives, contentOfMember } from '../archives.ts';
import type { ArchiveFile, Dataset, DatasetRow } from '../dataset.ts';
import { readBatch, readNames } from './cifar-python.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** Bytes of the largest file of records, that of CIFAR-100's training split. */
const LONGEST = 2 ** 28;

/** The archive of a version, and the files in it. */
interface CifarFiles {
  archive: string;
  md5: string;
  /** Folder in the archive. */
  folder: string;
  /** Files of records, in order. */
  train: string[];
  test: string[];
  /** File of class names. */
  names: string;
}

/** A CIFAR dataset in its binary version, where names are one a line, and in that for Python, of pickled dicts. */
export interface CifarLayout extends CifarFiles {
  name: string;
  title: string;
  /** Records a file: of each in `train`, of each in `test`. */
  records: { train: number; test: number };
  /** Bytes of labels before the pixels of a record; the last is the class. */
  labelBytes: number;
  classes: number;
  /** @see {@link readBatch} */
  python: CifarFiles & { labelsKey: string; namesKey: string };
}

/**
 * A dataset of the CIFAR family: colour images of 32×32, the same in both versions. A record is its labels, then 1,024 bytes of
 * red, as many of green and of blue, each row-major.
 */
export function cifar(layout: CifarLayout): Dataset {
  const { name, title, python, train, test, records, classes } = layout;
  return {
    name,
    title,
    metric: 'top-1',
    classes,
    shape: [SIDE, SIDE, 3],
    splits: { train: train.length * records.train, test: test.length * records.test },
    homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    licence: 'unknown',
    citation: 'Krizhevsky. Learning multiple layers of features from tiny images. 2009',
    files: [fileOf(layout)],
    otherFiles: [fileOf(python)],
    async read(archives) {
      const version = archives.has(python.archive) ? python : layout;
      const names = `${version.folder}/${version.names}`;
      const found = await archives.find(version.archive, [names]);
      return { classes: classNames(layout, version, found.get(names)!), rows: rowsOf(layout, version, archives) };
    },
  };
}

const fileOf = ({ archive, md5 }: CifarFiles): ArchiveFile => ({
  name: archive,
  checksum: { algorithm: 'md5', hex: md5 },
  sources: [{ kind: 'web', url: `https://www.cs.toronto.edu/~kriz/${archive}` }],
});

function classNames({ name, classes, python }: CifarLayout, version: CifarFiles, content: Uint8Array): string[] {
  const { names } = version;
  const lines = () => Buffer.from(content).toString('utf8').split(/\r?\n/);
  const all = version === python ? readNames(content, names, python.namesKey) : lines();
  const found = all.map((line) => line.trim()).filter(Boolean);
  if (found.length !== classes)
    throw new UserError(`invalid ${name}: ${found.length} class names in ${names}. expected ${classes}`);
  return found;
}

/** The rows file by file in the layout's order, which is not the archive's: a file that comes early waits in memory. */
async function* rowsOf(layout: CifarLayout, version: CifarFiles, archives: Archives): AsyncGenerator<DatasetRow> {
  const { name } = layout;
  const { archive, folder, train, test } = version;
  const due = [...train, ...test];
  const waiting = new Map<string, Buffer>();
  const seen = new Set<string>();
  for await (const member of archives.members(archive)) {
    const file = member.path.startsWith(`${folder}/`) ? member.path.slice(folder.length + 1) : '';
    if (member.type !== 'file' || !(train.includes(file) || test.includes(file))) continue;
    if (seen.has(file)) throw new UserError(`ambiguous archive: ${archive} has ${member.path} twice. fetch it again`);
    seen.add(file);
    waiting.set(file, await contentOfMember(member, LONGEST));
    for (let bytes = waiting.get(due[0]!); bytes; bytes = waiting.get(due[0]!)) {
      const next = due.shift()!;
      waiting.delete(next);
      const split = train.includes(next) ? 'train' : 'test';
      yield* version === layout.python ? batchIn(layout, next, bytes, split) : recordsIn(layout, next, bytes, split);
    }
  }
  if (due.length > 0) throw new UserError(`invalid ${name}: ${archive} has no ${folder}/${due[0]}. fetch it again`);
}

function* recordsIn(layout: CifarLayout, path: string, bytes: Buffer, split: SplitName): Generator<DatasetRow> {
  const { name, labelBytes, records } = layout;
  const record = labelBytes + 3 * PLANE;
  const count = split === 'train' ? records.train : records.test;
  if (bytes.length !== count * record)
    throw new UserError(
      `invalid ${name}: ${path} has ${bytes.length} bytes. expected ${count} records of ${record} bytes`,
    );
  for (let at = 0; at < bytes.length; at += record) {
    const label = bytes[at + labelBytes - 1]!;
    requireLabel(layout, label, path);
    yield { split, pixels: interleave(bytes.subarray(at + labelBytes, at + record)), label };
  }
}

function* batchIn(layout: CifarLayout, path: string, bytes: Buffer, split: SplitName): Generator<DatasetRow> {
  const { name, records, python } = layout;
  const { pixels, labels } = readBatch(bytes, path, 3 * PLANE, python.labelsKey);
  const count = split === 'train' ? records.train : records.test;
  if (labels.length !== count)
    throw new UserError(`invalid ${name}: ${path} has ${labels.length} records. expected ${count}`);
  for (const [i, label] of labels.entries()) {
    requireLabel(layout, label, path);
    yield { split, pixels: interleave(pixels.subarray(i * 3 * PLANE, (i + 1) * 3 * PLANE)), label };
  }
}

function requireLabel({ name, classes }: CifarLayout, label: number, path: string): void {
  if (label >= 0 && label < classes) return;
  throw new UserError(`invalid ${name}: label ${label} in ${path}. expected 0..${classes - 1}`);
}

/** [3, h, w] → [h, w, 3]. */
function interleave(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(3 * PLANE);
  for (let i = 0; i < PLANE; i++) {
    pixels[3 * i] = planes[i]!;
    pixels[3 * i + 1] = planes[PLANE + i]!;
    pixels[3 * i + 2] = planes[2 * PLANE + i]!;
  }
  return pixels;
}

export const cifar10Layout: CifarLayout = {
  name: 'cifar10',
  title: 'CIFAR-10',
  archive: 'cifar-10-binary.tar.gz',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  folder: 'cifar-10-batches-bin',
  train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`),
  test: ['test_batch.bin'],
  records: { train: 10_000, test: 10_000 },
  labelBytes: 1,
  names: 'batches.meta.txt',
  classes: 10,
  python: {
    archive: 'cifar-10-python.tar.gz',
    md5: 'c58f30108f718f92721af3b95e74349a',
    folder: 'cifar-10-batches-py',
    train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}`),
    test: ['test_batch'],
    names: 'batches.meta',
    labelsKey: 'labels',
    namesKey: 'label_names',
  },
};

/** A record has a coarse label (20 classes), then a fine one (100): the fine one is taken. */
export const cifar100Layout: CifarLayout = {
  name: 'cifar100',
  title: 'CIFAR-100',
  archive: 'cifar-100-binary.tar.gz',
  md5: '03b5dce01913d631647c71ecec9e9cb8',
  folder: 'cifar-100-binary',
  train: ['train.bin'],
  test: ['test.bin'],
  records: { train: 50_000, test: 10_000 },
  labelBytes: 2,
  names: 'fine_label_names.txt',
  classes: 100,
  python: {
    archive: 'cifar-100-python.tar.gz',
    md5: 'eb9058c3a382ffc7106e4002c42a8d85',
    folder: 'cifar-100-python',
    train: ['train'],
    test: ['test'],
    names: 'meta',
    labelsKey: 'fine_labels',
    namesKey: 'fine_label_names',
  },
};

/** CIFAR-10: 50,000 and 10,000 images, 10 classes. */
export const cifar10: Dataset = cifar(cifar10Layout);

/** CIFAR-100: 50,000 and 10,000 images, 100 classes. */
export const cifar100: Dataset = cifar(cifar100Layout);
