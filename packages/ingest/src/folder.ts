import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PixelRow } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import sharp from 'sharp';
import type { Images, Rows } from './dataset.ts';
import { stratifiedSplit } from './split.ts';

export interface FolderOptions {
  folder: string;
  /** Side of the images, px. */
  size: number;
  testFraction: number;
  seed: number;
  /** Images decoded at a time. */
  concurrency: number;
}

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

interface Listed {
  path: string;
  label: number;
}

/** Upright, grey made RGB, shorter side to `size`, centre cut out. @returns [size, size, 3] */
async function decode(path: string, size: number): Promise<Uint8Array> {
  try {
    return await sharp(path)
      .rotate()
      .resize(size, size, { fit: 'cover', kernel: 'cubic' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
  } catch (error) {
    throw new UserError(`undecodable image: ${path}. ${(error as Error).message.split('\n')[0]}. remove or replace it`);
  }
}

/** Decodes ahead, gives the rows in order. */
async function* decodeAll(files: Listed[], size: number, concurrency: number): AsyncGenerator<PixelRow> {
  const ahead: Promise<PixelRow>[] = [];
  let next = 0;
  const start = () => {
    const file = files[next++];
    if (!file) return;
    const row = decode(file.path, size).then((pixels) => ({ pixels, label: file.label }));
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
    names.map((name): Listed => ({ path: join(folder, classes[label]!, name), label })),
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
export function readImageFolder({ folder, size, testFraction, seed, concurrency }: FolderOptions): Images {
  const splits = isFolder(folder) ? visible(folder).filter((name) => isFolder(join(folder, name))) : [];
  if (String(splits) === 'test,train') return readSplitFolders(folder, size, concurrency);
  const { classes, files } = list(folder);
  const testRows = Math.round(files.length * testFraction);
  const { train, test } = stratifiedSplit(
    files.map((file) => file.label),
    // No part may be empty.
    Math.min(Math.max(1, testRows), files.length - 1),
    seed,
  );
  const part = (indices: number[]): Rows => ({
    count: indices.length,
    rows: decodeAll(
      indices.map((i) => files[i]!),
      size,
      concurrency,
    ),
  });
  return { classes, shape: [size, size, 3], train: part(train), test: part(test) };
}

function readSplitFolders(folder: string, size: number, concurrency: number): Images {
  const [train, test] = [list(join(folder, 'train')), list(join(folder, 'test'))];
  const differing = [...new Set([...train.classes, ...test.classes])].find(
    (name) => !train.classes.includes(name) || !test.classes.includes(name),
  );
  if (differing !== undefined)
    throw new UserError(
      `classes differ: ${differing} is in one of ${folder}/train and ${folder}/test. give both the same`,
    );
  const part = ({ files }: { files: Listed[] }): Rows => ({
    count: files.length,
    rows: decodeAll(files, size, concurrency),
  });
  return { classes: train.classes, shape: [size, size, 3], train: part(train), test: part(test) };
}
