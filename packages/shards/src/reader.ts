import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, z } from '@simclr/stage';
import { type Data, type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { type ImageShape, pixelsOf } from './features.ts';

const Index = z.object({
  dataset: z.string(),
  split: z.string(),
  classes: z.array(z.string()),
  shape: z.tuple([z.int(), z.int(), z.int()]).nullable(),
  severalLabels: z.boolean().optional(),
  rows: z.int(),
  /** Hash over the shards: equal exactly when all rows are. */
  digest: z.string(),
  shards: z.array(
    z.object({ file: z.string(), batches: z.array(z.object({ offset: z.int(), bytes: z.int(), rows: z.int() })) }),
  ),
});

/** A split on disk: what `index.json` says of it. */
export type SplitInfo = z.infer<typeof Index>;

/** Reads what a split holds. Throws UserError where the folder is not one that the stage `ingest` wrote. */
export function readSplitInfo(folder: string): SplitInfo {
  const path = join(folder, 'index.json');
  if (!existsSync(path))
    throw new UserError(
      `missing dataset: ${folder} has no index.json. run npm run pipeline -- run <pipeline> --force ingest`,
    );
  const parsed = Index.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success)
    throw new UserError(
      `invalid dataset: ${path}. ${parsed.error.issues[0]!.message}. run npm run pipeline -- run <pipeline> --force ingest`,
    );
  return parsed.data;
}

/** The record batches of a split, in order, without copies: their buffers are views of the file that was read. */
export function* readBatches(folder: string, info: SplitInfo = readSplitInfo(folder)): Generator<RecordBatch> {
  for (const { file, batches } of info.shards) {
    const path = join(folder, file);
    if (!existsSync(path))
      throw new UserError(`missing shard: ${path}. run npm run pipeline -- run <pipeline> --force ingest`);
    const bytes = readFileSync(path);
    const last = batches.at(-1);
    if (last && bytes.length < last.offset + last.bytes)
      throw new UserError(`truncated shard: ${path}. run npm run pipeline -- run <pipeline> --force ingest`);
    yield* RecordBatchReader.from(bytes);
  }
}

/** All images of a split in one buffer that worker threads can share. */
export interface Pixels {
  /** [rows, h, w, c], uint8, over one SharedArrayBuffer. */
  data: Uint8Array;
  shape: ImageShape;
  /** [rows]; -1 where an image may be of several classes. */
  labels: Int32Array;
  /** Of a split in which an image may be of several classes: [rows × classes], 1, 0 or -1 (`Label`). */
  targets?: Int8Array;
  classes: string[];
  rows: number;
  digest: string;
}

/**
 * Reads a split of raw images.
 * @throws UserError where the split holds files (`loadEncoded` reads those), shards are missing or cut short, or they are
 * not as index.json says
 */
export function loadPixels(folder: string): Pixels {
  const info = readSplitInfo(folder);
  const { shape, classes, rows, digest, severalLabels } = info;
  if (!shape)
    throw new UserError(
      `encoded images: ${folder} holds files, not pixels. give the dataset a size in the stage ingest`,
    );
  const size = pixelsOf(shape);
  const data = new Uint8Array(new SharedArrayBuffer(rows * size));
  const labels = new Int32Array(rows).fill(-1);
  const targets = severalLabels ? new Int8Array(rows * classes.length) : undefined;
  const differs = (found: string) =>
    new UserError(`invalid dataset: ${folder} has ${found}. run npm run pipeline -- run <pipeline> --force ingest`);
  let row = 0;
  for (const batch of readBatches(folder, info)) {
    const count = batch.numRows;
    let image: Data = batch.getChildAt(0)!.data[0]!;
    while (image.children[0]) image = image.children[0];
    if (image.length !== count * size)
      throw differs(`images of ${image.length / count} values, not of ${shape.join('×')} as its index.json says`);
    if (row + count > rows) throw differs(`more rows than the ${rows} of its index.json`);
    data.set((image.values as Uint8Array).subarray(0, count * size), row * size);
    const label: Data = batch.getChildAt(1)!.data[0]!;
    const values = targets && (label.children[0]!.values as Int8Array).subarray(0, count * classes.length);
    if (values) targets.set(values, row * classes.length);
    else for (let i = 0; i < count; i++) labels[row + i] = Number((label.values as BigInt64Array)[i]);
    row += count;
  }
  if (row !== rows) throw differs(`${row} rows, not the ${rows} of its index.json`);
  return { data, shape, labels, ...(targets && { targets }), classes, rows, digest };
}
