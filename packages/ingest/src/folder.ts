import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EncodedRow, PixelRow } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import sharp from 'sharp';
import type { ImageFiles, Images, Rows } from './dataset.ts';
import { stratifiedSplit } from './split.ts';

export interface FolderOptions {
  folder: string;
  /** Side of the images, px; null: the files as they are. */
  size: number | null;
  testFraction: number;
  seed: number;
  /** Images read at a time. */
  concurrency: number;
}

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

interface Listed {
  path: string;
  /** `<class>/<file>`. */
  name: string;
  label: number;
}

type ReadRow<Row> = (file: Listed) => Promise<Row>;

async function naming<T>({ path }: Listed, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new UserError(`undecodable image: ${path}. ${(error as Error).message.split('\n')[0]}. remove or replace it`);
  }
}

/** Upright, grey made RGB, shorter side to `size`, centre cut out: [size, size, 3]. */
const pixelRow =
  (size: number): ReadRow<PixelRow> =>
  async (file) => {
    const image = sharp(file.path).rotate().resize(size, size, { fit: 'cover', kernel: 'cubic' });
    const pixels = await naming(file, image.toColourspace('srgb').removeAlpha().raw().toBuffer());
    return { pixels, label: file.label };
  };

/** The file as it is. Its header is read, so that what is no image is found here and not while training. */
const fileRow: ReadRow<EncodedRow> = async (file) => {
  const bytes = await readFile(file.path);
  await naming(file, sharp(bytes).metadata());
  return { bytes, path: file.name, label: file.label };
};

/** Reads ahead, gives the rows in order. */
async function* readAll<Row>(files: Listed[], read: ReadRow<Row>, concurrency: number): AsyncGenerator<Row> {
  const ahead: Promise<Row>[] = [];
  let next = 0;
  const start = () => {
    const file = files[next++];
    if (!file) return;
    const row = read(file);
    row.catch(() => {}); // Awaited below, in order.
    ahead.push(row);
  };
  for (let i = 0; i < concurrency; i++) start();
  for (let row = ahead.shift(); row; row = ahead.shift()) {
    yield await row;
    start();
  }
}

/** Entries that are not hidden (`.ipynb_checkpoints`, `._photo.jpg`), in an order that does not depend on the machine. */
const visible = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .sort();

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The images of every class, by class and name. */
function list(folder: string): { classes: string[]; files: Listed[] } {
  if (!isFolder(folder))
    throw new UserError(`missing folder: ${folder}. expected a folder of images for each class in it`);
  const classes = visible(folder).filter((name) => isFolder(join(folder, name)));
  const byClass = classes.map((name) => visible(join(folder, name)).filter((file) => IMAGE.test(file)));
  const files = byClass.flatMap((names, label) =>
    names.map((file): Listed => {
      const name = `${classes[label]}/${file}`;
      return { path: join(folder, name), name, label };
    }),
  );
  if (files.length < 2)
    throw new UserError(
      `no images: ${folder} has ${classes.length} class folders and ${files.length} images. expected ${folder}/<class>/<image>.jpg or .png`,
    );
  const empty = classes.find((_, label) => byClass[label]!.length === 0);
  if (empty !== undefined)
    throw new UserError(
      `no images: ${join(folder, empty)}. expected ${folder}/<class>/<image>.jpg or .png. remove the folder or fill it`,
    );
  return { classes, files };
}

/**
 * One's own images: a folder with a folder of images for each class, split by `testFraction`; or with `train` and `test`
 * in it, each such a folder, of the same classes.
 */
export function readImageFolder(options: FolderOptions & { size: number }): Images;
export function readImageFolder(options: FolderOptions & { size: null }): ImageFiles;
export function readImageFolder(options: FolderOptions): Images | ImageFiles;
export function readImageFolder({ size, ...options }: FolderOptions): Images | ImageFiles {
  if (size === null) return { shape: null, ...readSplits(options, fileRow) };
  return { shape: [size, size, 3], ...readSplits(options, pixelRow(size)) };
}

function readSplits<Row>(
  { folder, testFraction, seed, concurrency }: Omit<FolderOptions, 'size'>,
  read: ReadRow<Row>,
): { classes: string[]; train: Rows<Row>; test: Rows<Row> } {
  const part = (files: Listed[]): Rows<Row> => ({ count: files.length, rows: readAll(files, read, concurrency) });
  const splits = isFolder(folder) ? visible(folder).filter((name) => isFolder(join(folder, name))) : [];
  if (String(splits) === 'test,train') {
    const [train, test] = [list(join(folder, 'train')), list(join(folder, 'test'))];
    requireSameClasses(folder, train.classes, test.classes);
    return { classes: train.classes, train: part(train.files), test: part(test.files) };
  }
  const { classes, files } = list(folder);
  const testRows = Math.round(files.length * testFraction);
  const { train, test } = stratifiedSplit(
    files.map((file) => file.label),
    // No part may be empty.
    Math.min(Math.max(1, testRows), files.length - 1),
    seed,
  );
  const [trainFiles, testFiles] = [train, test].map((rows) => rows.map((i) => files[i]!));
  return { classes, train: part(trainFiles!), test: part(testFiles!) };
}

function requireSameClasses(folder: string, train: string[], test: string[]): void {
  const differing = [...new Set([...train, ...test])].find((name) => !train.includes(name) || !test.includes(name));
  if (differing === undefined) return;
  throw new UserError(
    `classes differ: ${differing} is in one of ${folder}/train and ${folder}/test. give both the same`,
  );
}
