import type { EncodedRow, ImageShape, PixelRow } from '@simclr/shards';
import { type CheckedImage, checkImages, requireFewSkipped, type SkippedImage } from './check-images.ts';
import type { FoundFile } from './found-file.ts';
import { fileRow, pixelRow, type ReadRow } from './image-rows.ts';
import { listImages } from './list-images.ts';
import { listTable } from './list-table.ts';
import { readAhead } from './read-ahead.ts';
import { splitListed } from './split-listed.ts';
import { walkFolder } from './walk-folder.ts';

/** Rows of a split. */
export interface Rows<Row = PixelRow> {
  count: number;
  rows: Iterable<Row> | AsyncIterable<Row>;
}

interface ImagesOf<Row, Shape> {
  classes: string[];
  shape: Shape;
  train: Rows<Row>;
  test: Rows<Row>;
  /** What was decided and left out, a line each. */
  notes?: string[];
}

/** The images of a folder, by split. */
export type Images = ImagesOf<PixelRow, ImageShape>;

/** Those of one whose images differ in size: the files as they are. */
export type ImageFiles = ImagesOf<EncodedRow, null>;

export interface FolderOptions {
  folder: string;
  /** What an archive at `folder` holds; by default what lies in the folder. */
  found?: readonly FoundFile[];
  /** Table of its images and their labels; by default, its folders are the classes. */
  table?: string | undefined;
  /** Side of the images, px; null: the files as they are. */
  size: number | null;
  testFraction: number;
  seed: number;
  /** Images read at a time. */
  concurrency: number;
  /** Share of the images that may be left out because they cannot be decoded, 0..1. Default 0. */
  maxSkipped?: number;
  /** Told how many images are checked, of how many. */
  checked?: (images: number, total: number) => void;
}

/** What was left out, beside the images. */
export interface Sifted {
  skipped: SkippedImage[];
}

/**
 * One's own images: a folder with a folder of images for each class, split by `testFraction`; or with `train` and `test`
 * in it, each such a folder, of the same classes. Every image is decoded once before the split, and again for its row.
 * @throws UserError that names the images that cannot be decoded, where they are more than `maxSkipped`
 */
export function readImageFolder(options: FolderOptions & { size: number }): Promise<Images & Sifted>;
export function readImageFolder(options: FolderOptions & { size: null }): Promise<ImageFiles & Sifted>;
export function readImageFolder(options: FolderOptions): Promise<(Images | ImageFiles) & Sifted>;
export async function readImageFolder({ size, ...options }: FolderOptions): Promise<(Images | ImageFiles) & Sifted> {
  if (size === null) return { shape: null, ...(await readSplits(options, fileRow)) };
  return { shape: [size, size, 3], ...(await readSplits(options, pixelRow(size))) };
}

async function readSplits<Row>(
  {
    folder,
    found = walkFolder(folder),
    table,
    testFraction,
    seed,
    concurrency,
    ...options
  }: Omit<FolderOptions, 'size'>,
  read: ReadRow<Row>,
): Promise<{ classes: string[]; train: Rows<Row>; test: Rows<Row>; notes: string[] } & Sifted> {
  const { maxSkipped = 0, checked = () => {} } = options;
  const part = (images: CheckedImage[]): Rows<Row> => ({
    count: images.length,
    rows: readAhead(images, read, concurrency),
  });
  const listed = table === undefined ? listImages(folder, found) : listTable(folder, found, table);
  const { classes, files, test = [] } = listed;
  const total = files.length + test.length;
  const parts = [
    await checkImages(files, concurrency, (done) => checked(done, total)),
    await checkImages(test, concurrency, (done) => checked(files.length + done, total)),
  ] as const;
  const skipped = requireFewSkipped(folder, parts, maxSkipped);
  const notes = [
    ...listed.notes,
    ...skipped
      .slice(0, 1)
      .map(
        ({ path, reason }) =>
          `${skipped.length} of ${total} images cannot be decoded and are left out (skipped.jsonl): ${path}, ${reason}`,
      ),
  ];
  const [whole, ofTest] = [parts[0].whole, parts[1].whole];
  if (listed.test) return { classes, train: part(whole), test: part(ofTest), notes, skipped };
  const split = splitListed(whole, classes, testFraction, seed);
  return { classes, train: part(split.train), test: part(split.test), notes: [...notes, ...split.notes], skipped };
}
