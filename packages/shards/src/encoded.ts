import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { readSplitInfo } from './reader.ts';

/** All files of a split of encoded images (JPEG, PNG) in one buffer that worker threads can share. */
export interface Encoded {
  /** The shards as they are on disk, over one SharedArrayBuffer. */
  bytes: Uint8Array;
  /** Where in `bytes` each image's file starts and ends: [rows × 2]. */
  offsets: Float64Array;
  /** The images have different sizes. */
  shape: null;
  /** [rows]. */
  labels: Int32Array;
  classes: string[];
  rows: number;
  digest: string;
}

/**
 * Reads a split of encoded images. The shards are read into shared memory and the images stay where they are in them:
 * memory is the size of the split on disk.
 * @throws UserError where the split holds pixels (`loadPixels` reads those), or shards are missing or cut short
 */
export function loadEncoded(folder: string): Encoded {
  const info = readSplitInfo(folder);
  const { classes, rows, digest } = info;
  if (info.shape)
    throw new UserError(`raw images: ${folder} holds pixels, not files. allowed: a split of encoded images`);
  const ends = info.shards
    .map(({ batches: [...batches] }) => batches.at(-1))
    .map((last) => (last ? last.offset + last.bytes : 0));
  const bytes = new Uint8Array(new SharedArrayBuffer(ends.reduce((sum, end) => sum + end, 0)));
  const offsets = new Float64Array(new SharedArrayBuffer(2 * rows * Float64Array.BYTES_PER_ELEMENT));
  const labels = new Int32Array(rows);
  let row = 0;
  let at = 0;
  info.shards.forEach(({ file }, i) => {
    const shard = bytes.subarray(at, at + ends[i]!);
    readInto(join(folder, file), shard);
    for (const batch of RecordBatchReader.from(shard)) {
      locate(batch, offsets.subarray(2 * row), labels.subarray(row));
      row += batch.numRows;
    }
    at += ends[i]!;
  });
  if (row !== rows)
    throw new UserError(`truncated dataset: ${folder} has ${row} rows. expected ${rows}. run the stage ingest again`);
  return { bytes, offsets, shape: null, labels, classes, rows, digest };
}

function readInto(path: string, target: Uint8Array): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    throw new UserError(`missing shard: ${path}. run the stage ingest again`);
  }
  try {
    if (fstatSync(file).size < target.length)
      throw new UserError(`truncated shard: ${path}. run the stage ingest again`);
    // One call reads at most 2 GiB.
    for (let done = 0; done < target.length; )
      done += readSync(file, target, done, Math.min(target.length - done, 2 ** 30), done);
  } finally {
    closeSync(file);
  }
}

/** Fills in where the batch's images are, and their labels. Its buffers are views of the buffer that was read. */
function locate(batch: RecordBatch, offsets: Float64Array, labels: Int32Array): void {
  const files = batch.getChildAt(0)!.getChildAt(0)!.data[0]!;
  const { values, valueOffsets } = files as unknown as { values: Uint8Array; valueOffsets: Int32Array };
  const label = batch.getChildAt(1)!.data[0]!.values as BigInt64Array;
  for (let i = 0; i < batch.numRows; i++) {
    offsets[2 * i] = values.byteOffset + valueOffsets[i]!;
    offsets[2 * i + 1] = values.byteOffset + valueOffsets[i + 1]!;
    labels[i] = Number(label[i]);
  }
}
