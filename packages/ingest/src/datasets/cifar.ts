import type { PixelRow } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import type { ArchiveDataset, Rows } from '../dataset.ts';
import { readTar } from '../tar.ts';
import { gunzip } from './idx.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;

/** The binary version of a CIFAR dataset: its archive, and the files in it. */
export interface CifarLayout {
  name: string;
  archive: string;
  md5: string;
  /** Folder in the archive. */
  folder: string;
  /** Files of records, in order. */
  train: string[];
  test: string[];
  /** Records a file: of each in `train`, of each in `test`. */
  records: { train: number; test: number };
  /** Bytes of labels before the pixels of a record; the last is the class. */
  labelBytes: number;
  /** File of class names, one a line. */
  names: string;
  classes: number;
}

/**
 * A dataset of the CIFAR family (Krizhevsky 2009) in its binary version: colour images of 32×32. A record is its labels,
 * then 1,024 bytes of red, as many of green and of blue, each row-major.
 */
export function cifar(layout: CifarLayout): ArchiveDataset {
  const { name, archive, md5, folder, train, test, records } = layout;
  return {
    name,
    known: {
      shape: [SIDE, SIDE, 3],
      train: train.length * records.train,
      test: test.length * records.test,
      classes: layout.classes,
    },
    files: [
      {
        name: archive,
        checksum: { algorithm: 'md5', hex: md5 },
        sources: [{ kind: 'web', url: `https://www.cs.toronto.edu/~kriz/${archive}` }],
      },
    ],
    read([bytes]) {
      const files = readTar(gunzip(bytes!, archive), archive);
      const contentOf = (file: string) => {
        const content = files.get(`${folder}/${file}`);
        if (!content) throw new UserError(`invalid ${name}: ${archive} has no ${folder}/${file}. fetch it again`);
        return content;
      };
      const split = (paths: string[], count: number) =>
        rowsOf(
          layout,
          paths.map((path) => ({ path, bytes: contentOf(path) })),
          count,
        );
      return {
        classes: classNames(layout, contentOf(layout.names)),
        shape: [SIDE, SIDE, 3],
        train: split(train, records.train),
        test: split(test, records.test),
      };
    },
  };
}

function classNames({ name, names, classes }: CifarLayout, content: Uint8Array): string[] {
  const lines = Buffer.from(content).toString('utf8').split(/\r?\n/);
  const found = lines.map((line) => line.trim()).filter(Boolean);
  if (found.length !== classes)
    throw new UserError(`invalid ${name}: ${found.length} class names in ${names}. expected ${classes}`);
  return found;
}

/** @param count records that each file must have */
function rowsOf(
  { name, labelBytes, classes }: CifarLayout,
  files: { path: string; bytes: Uint8Array }[],
  count: number,
): Rows {
  const record = labelBytes + 3 * PLANE;
  for (const { path, bytes } of files) {
    if (bytes.length !== count * record)
      throw new UserError(
        `invalid ${name}: ${path} has ${bytes.length} bytes. expected ${count} records of ${record} bytes`,
      );
    for (let at = labelBytes - 1; at < bytes.length; at += record) {
      if (bytes[at]! >= classes)
        throw new UserError(`invalid ${name}: label ${bytes[at]} in ${path}. expected 0..${classes - 1}`);
    }
  }
  return { count: files.length * count, rows: recordsIn(files, labelBytes, record) };
}

function* recordsIn(files: { bytes: Uint8Array }[], labelBytes: number, record: number): Generator<PixelRow> {
  for (const { bytes } of files) {
    for (let at = 0; at < bytes.length; at += record) {
      const planes = bytes.subarray(at + labelBytes, at + record);
      yield { pixels: interleave(planes), label: bytes[at + labelBytes - 1]! };
    }
  }
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
  archive: 'cifar-10-binary.tar.gz',
  md5: 'c32a1d4ab5d03f1284b67883e8d87530',
  folder: 'cifar-10-batches-bin',
  train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`),
  test: ['test_batch.bin'],
  records: { train: 10_000, test: 10_000 },
  labelBytes: 1,
  names: 'batches.meta.txt',
  classes: 10,
};

/** A record has a coarse label (20 classes), then a fine one (100): the fine one is taken. */
export const cifar100Layout: CifarLayout = {
  name: 'cifar100',
  archive: 'cifar-100-binary.tar.gz',
  md5: '03b5dce01913d631647c71ecec9e9cb8',
  folder: 'cifar-100-binary',
  train: ['train.bin'],
  test: ['test.bin'],
  records: { train: 50_000, test: 10_000 },
  labelBytes: 2,
  names: 'fine_label_names.txt',
  classes: 100,
};

/** CIFAR-10: 50,000 and 10,000 images, 10 classes. */
export const cifar10: ArchiveDataset = cifar(cifar10Layout);

/** CIFAR-100: 50,000 and 10,000 images, 100 classes. */
export const cifar100: ArchiveDataset = cifar(cifar100Layout);
