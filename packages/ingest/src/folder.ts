import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import type { ImageFiles, Images, Rows } from './dataset.ts';
import { fileRow, pixelRow, type ReadRow, readAll } from './image-rows.ts';
import { isFolder, type Listed, listImages, visible } from './list-images.ts';
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
    const [train, test] = [listImages(join(folder, 'train')), listImages(join(folder, 'test'))];
    requireSameClasses(folder, train.classes, test.classes);
    return { classes: train.classes, train: part(train.files), test: part(test.files) };
  }
  const { classes, files } = listImages(folder);
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
