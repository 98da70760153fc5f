import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { Message, type MessageHeader } from 'apache-arrow';
import { readSplitInfo } from './reader.ts';
import type { ShardIndex } from './shard-index.ts';

/** A split of encoded images (JPEG, PNG). They stay on disk, and any thread of the process reads them one by one. */
export interface Encoded {
  folder: string;
  /** Descriptors of the shards, open until `closeEncoded`. */
  files: Int32Array;
  /** Of each image: its shard, and where its file starts and ends there. [rows × 3], over a SharedArrayBuffer. */
  places: Float64Array;
  /** The images have different sizes. */
  shape: null;
  /** [rows]; -1 where an image may be of several classes. */
  labels: Int32Array;
  /** Of a split in which an image may be of several classes: [rows × classes], 1, 0 or -1 (`Label`). */
  targets?: Int8Array;
  classes: string[];
  rows: number;
  digest: string;
}

/**
 * Opens a split of encoded images. Of the shards only where the images are, and their labels, is read: 28 bytes an image.
 * @throws UserError where the split holds pixels (`loadPixels` reads those), or shards are missing or cut short
 */
export function loadEncoded(folder: string): Encoded {
  const { shape, shards, classes, rows, digest, severalLabels } = readSplitInfo(folder);
  if (shape) throw new UserError(`raw images: ${folder} holds pixels, not files. allowed: a split of encoded images`);
  const counted = shards.flatMap(({ batches }) => batches).reduce((sum, batch) => sum + batch.rows, 0);
  if (counted !== rows)
    throw new UserError(
      `truncated dataset: ${folder} has ${counted} rows. expected ${rows}. run npm run pipeline -- run <pipeline> --force ingest`,
    );
  const places = new Float64Array(new SharedArrayBuffer(3 * rows * Float64Array.BYTES_PER_ELEMENT));
  const labels = new Int32Array(rows).fill(-1);
  const targets = severalLabels ? new Int8Array(rows * classes.length) : undefined;
  const opened: number[] = [];
  let row = 0;
  try {
    shards.forEach(({ file, batches }, shard) => {
      const descriptor = openShard(join(folder, file), batches);
      opened.push(descriptor);
      for (const batch of batches) {
        const buffers = readBuffers(descriptor, batch);
        locate(descriptor, batch, buffers, shard, places.subarray(3 * row));
        const { label, targets: ofSeveral } = buffers;
        if (targets)
          targets.set(
            readRange(descriptor, { ...ofSeveral, length: batch.rows * classes.length }),
            row * classes.length,
          );
        else labels.set(int64(readRange(descriptor, label)), row);
        row += batch.rows;
      }
    });
  } catch (error) {
    for (const descriptor of opened) closeSync(descriptor);
    throw error;
  }
  const files = Int32Array.from(opened);
  return { folder, files, places, shape: null, labels, ...(targets && { targets }), classes, rows, digest };
}

/** Nothing can be read of the images any more. */
export function closeEncoded({ files }: Pick<Encoded, 'files'>): void {
  for (const descriptor of files) closeSync(descriptor);
}

/** The path under which the stage ingest found an image. */
export function imagePath(folder: string, row: number): string {
  let first = 0;
  for (const { file, batches } of readSplitInfo(folder).shards) {
    for (const batch of batches) {
      if (row < first + batch.rows) {
        const descriptor = openShard(join(folder, file), [batch]);
        try {
          const { pathOffsets, path } = readBuffers(descriptor, batch);
          const ends = int32(readRange(descriptor, pathOffsets));
          const [start, end] = [ends[row - first]!, ends[row - first + 1]!];
          return Buffer.from(readRange(descriptor, { offset: path.offset + start, length: end - start })).toString();
        } finally {
          closeSync(descriptor);
        }
      }
      first += batch.rows;
    }
  }
  throw new Error(`no such row: ${row} of ${folder}`);
}

type Batch = ShardIndex['batches'][number];

function openShard(path: string, batches: readonly Batch[]): number {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    throw new UserError(`missing shard: ${path}. run npm run pipeline -- run <pipeline> --force ingest`);
  }
  const last = batches.at(-1);
  if (!last || fstatSync(file).size >= last.offset + last.bytes) return file;
  closeSync(file);
  throw new UserError(`truncated shard: ${path}. run npm run pipeline -- run <pipeline> --force ingest`);
}

/** A part of a file, bytes. */
interface Range {
  offset: number;
  length: number;
}

function readRange(file: number, { offset, length }: Range): Uint8Array {
  const bytes = new Uint8Array(length);
  if (readSync(file, bytes, 0, length, offset) < length) throw new Error(`file ends before byte ${offset + length}`);
  return bytes;
}

const int32 = (bytes: Uint8Array) => new Int32Array(bytes.buffer, 0, bytes.length / Int32Array.BYTES_PER_ELEMENT);

const int64 = (bytes: Uint8Array) => Int32Array.from(new BigInt64Array(bytes.buffer), Number);

/**
 * Where a record batch has its buffers: those of image (struct of bytes and path) and label, each after its validity. In the
 * place of a label's values is the validity of those of a list.
 */
function readBuffers(file: number, { offset }: Batch) {
  const metadata = new DataView(readRange(file, { offset, length: 8 }).buffer).getInt32(4, true);
  const message = Message.decode(readRange(file, { offset: offset + 8, length: metadata }));
  const buffers = (message as Message<MessageHeader.RecordBatch>).header().buffers;
  const range = (i: number): Range => ({
    offset: offset + 8 + metadata + (buffers[i]?.offset ?? 0),
    length: buffers[i]?.length ?? 0,
  });
  return {
    fileOffsets: range(2),
    file: range(3),
    pathOffsets: range(5),
    path: range(6),
    label: range(8),
    targets: range(9),
  };
}

/** Fills in where the batch's images are. */
function locate(
  descriptor: number,
  batch: Batch,
  { fileOffsets, file }: ReturnType<typeof readBuffers>,
  shard: number,
  places: Float64Array,
): void {
  const offsets = int32(readRange(descriptor, fileOffsets));
  for (let i = 0; i < batch.rows; i++) {
    places[3 * i] = shard;
    places[3 * i + 1] = file.offset + offsets[i]!;
    places[3 * i + 2] = file.offset + offsets[i + 1]!;
  }
}
