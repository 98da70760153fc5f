import {
  closeSync,
  createWriteStream,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { UserError } from '@simclr/stage';
import {
  type Data,
  Field,
  FixedSizeList,
  Float32,
  Int8,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchReader,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Uint8,
} from 'apache-arrow';
import { runAgain } from './json-artifact.ts';
import type { FeatureKind } from './results.ts';

/** Features with the label of each row. */
export interface FeatureSet {
  /** [n, dim]. */
  features: Float32Array;
  /** [n]; of images of several classes [n, classes], 1, −1, or 0 (difficult). */
  labels: Int32Array;
  dim: number;
}

/** Where a stage's folder has the features of a split. */
export const featuresPath = (folder: string, kind: FeatureKind, split: 'train' | 'validation' | 'test'): string =>
  join(folder, 'features', kind, `${split}.arrow`);

/** Values a record batch: a quarter of a GB. Readers of Arrow misread more than 2 GiB. */
const BATCH_VALUES = 2 ** 26;

export interface WriteFeaturesOptions {
  /** Numbers a record batch, at most. */
  batchValues?: number | undefined;
  /** Features that are whole 255ths, as those of raw images, become uint8: a quarter of the file, and read as they were. */
  pixels?: boolean;
}

/**
 * Writes features as an Arrow IPC stream: `feature` FixedSizeList<float32>[dim], or <uint8>[dim] of pixels, `label` int64;
 * or `targets` FixedSizeList<int8>[classes] where a row has several labels.
 * The file appears whole.
 */
export async function writeFeatures(
  path: string,
  { features, labels, dim }: FeatureSet,
  { batchValues = BATCH_VALUES, pixels = false }: WriteFeaturesOptions = {},
): Promise<void> {
  const bytes = pixels ? asBytes(features) : undefined;
  const item: Field<Uint8 | Float32> = new Field('item', bytes ? new Uint8() : new Float32(), true);
  const type = new FixedSizeList(dim, item);
  const width = (labels.length * dim) / features.length || 1;
  const label = labelField(width);
  const schema = new Schema([new Field('feature', type, true), label]);
  const batchOf = (from: number, to: number) => {
    const length = to - from;
    const [start, end] = [from * dim, to * dim];
    const child = bytes
      ? makeData({ type: new Uint8(), data: bytes.subarray(start, end) })
      : makeData({ type: new Float32(), data: features.subarray(start, end) });
    const feature = makeData({ type, length, nullCount: 0, child });
    const values = labelData(label.type, labels.subarray(from * width, to * width), length);
    const children = [feature, values] as unknown as Data[];
    const data = makeData({ type: new Struct(schema.fields), length, nullCount: 0, children });
    return new RecordBatch(schema, data as never);
  };
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  const file = createWriteStream(temporary, { flush: true });
  const writer = new RecordBatchStreamWriter();
  writer.reset(file, schema);
  const rows = Math.max(1, Math.floor(batchValues / dim));
  const all = features.length / dim;
  for (let from = 0; from < all; from += rows) writer.write(batchOf(from, Math.min(all, from + rows)));
  writer.finish();
  await finished(file);
  renameSync(temporary, path);
}

/** @param width labels a row */
const labelField = (width: number): Field<Int64 | FixedSizeList<Int8>> =>
  width === 1
    ? new Field('label', new Int64(), true)
    : new Field('targets', new FixedSizeList(width, new Field('item', new Int8(), true)), true);

function labelData(type: Int64 | FixedSizeList<Int8>, labels: Int32Array, length: number): Data {
  if (!(type instanceof FixedSizeList)) return makeData({ type, data: BigInt64Array.from(labels, BigInt) });
  const child = makeData({ type: new Int8(), data: Int8Array.from(labels) });
  return makeData({ type, length, nullCount: 0, child });
}

/** Labels of a batch, as they were written. */
function labelsOf(batch: RecordBatch): ArrayLike<number | bigint> {
  const data: Data = batch.getChildAt(1)!.data[0]!;
  const { type } = data;
  if (!(type instanceof FixedSizeList)) return (data.values as BigInt64Array).subarray(0, batch.numRows);
  return (data.children[0]!.values as Int8Array).subarray(0, batch.numRows * type.listSize);
}

/** Numbers of 255ths, where all are. */
function asBytes(features: Float32Array): Uint8Array | undefined {
  const bytes = new Uint8Array(features.length);
  const isByte = (value: number, i: number) => {
    bytes[i] = Math.round(value * 255);
    return Math.fround(bytes[i]! / 255) === value;
  };
  return features.every(isByte) ? bytes : undefined;
}

/** Bytes that are read at a time: Node reads less than 2 GiB at once. */
const PIECE = 2 ** 26;

function* piecesOf(file: number, bytes: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes; ) {
    const piece = new Uint8Array(Math.min(PIECE, bytes - at));
    const read = readSync(file, piece, 0, piece.length, at);
    if (read === 0) return;
    yield piece.subarray(0, read);
    at += read;
  }
}

/**
 * Reads what `writeFeatures` wrote, of any size.
 * @throws UserError where the file is missing, empty or damaged
 */
export function readFeatures(path: string): FeatureSet {
  if (!existsSync(path)) throw new UserError(`missing features: ${path}. ${runAgain()}`);
  const file = openSync(path, 'r');
  try {
    return collect(file, path);
  } finally {
    closeSync(file);
  }
}

function collect(file: number, path: string): FeatureSet {
  const { size } = fstatSync(file);
  let set: FeatureSet | undefined;
  let row = 0;
  let labelled = 0;
  for (const batch of batchesOf(file, size, path)) {
    const list = batch.getChildAt<FixedSizeList<Float32 | Uint8>>(0)!;
    const dim = list.type.listSize;
    const { values } = list.data[0]!.children[0]!;
    // A row takes no fewer bytes than its numbers.
    const most = Math.floor(size / (values.BYTES_PER_ELEMENT * dim + 8));
    const labels = labelsOf(batch);
    const width = labels.length / batch.numRows;
    set ??= { features: new Float32Array(most * dim), labels: new Int32Array(most * width), dim };
    // Arrow pads buffers to 8 bytes.
    const own = values.subarray(0, batch.numRows * dim);
    if (own instanceof Float32Array) set.features.set(own, row * dim);
    else for (let i = 0; i < own.length; i++) set.features[row * dim + i] = own[i]! / 255;
    for (let i = 0; i < labels.length; i++) set.labels[row * width + i] = Number(labels[i]);
    labelled += labels.length;
    row += batch.numRows;
  }
  if (!set) throw new UserError(`empty features: ${path}. ${runAgain()}`);
  const { features, labels, dim } = set;
  return { features: features.subarray(0, row * dim), labels: labels.subarray(0, labelled), dim };
}

function* batchesOf(file: number, size: number, path: string): Generator<RecordBatch> {
  try {
    yield* RecordBatchReader.from(piecesOf(file, size));
  } catch (error) {
    throw new UserError(`damaged features: ${path}. ${(error as Error).message.split('\n')[0]}. ${runAgain()}`);
  }
}
