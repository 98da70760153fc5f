import type { ImageFiles, Images, Rows } from './dataset.ts';
import type { FoundFile } from './found-file.ts';
import { fileRow, pixelRow, type ReadRow, readAll } from './image-rows.ts';
import { type Listed, listImages } from './list-images.ts';
import { splitListed } from './split-listed.ts';
import { walkFolder } from './walk-folder.ts';

export interface FolderOptions {
  folder: string;
  /** What an archive at `folder` holds; by default what lies in the folder. */
  found?: readonly FoundFile[];
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
  { folder, found = walkFolder(folder), testFraction, seed, concurrency }: Omit<FolderOptions, 'size'>,
  read: ReadRow<Row>,
): { classes: string[]; train: Rows<Row>; test: Rows<Row>; notes: string[] } {
  const part = (files: Listed[]): Rows<Row> => ({ count: files.length, rows: readAll(files, read, concurrency) });
  const { classes, files, test, notes } = listImages(folder, found);
  if (test) return { classes, train: part(files), test: part(test), notes };
  const split = splitListed(files, classes, testFraction, seed);
  return { classes, train: part(split.train), test: part(split.test), notes: [...notes, ...split.notes] };
}
