import { createHash } from 'node:crypto';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic, writeJson } from '@simclr/stage';
import {
  Binary,
  type Data,
  type DataType,
  Field,
  FixedSizeList,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  type Schema,
  Struct,
  Uint8,
  Utf8,
} from 'apache-arrow';
import { arrowSchema, huggingFaceFeatures, pixelsOf, type SplitFeatures } from './features.ts';
import { indexBatches, type ShardIndex } from './shard-index.ts';

/** A raw image [h, w, c], uint8. */
export interface PixelRow {
  pixels: Uint8Array;
  label: number;
}

/** An encoded image file, untouched. */
export interface EncodedRow {
  bytes: Uint8Array;
  path: string;
  label: number;
}

export interface WriteOptions {
  /** Name of the dataset and of the split, for dataset_info.json. */
  dataset: string;
  split: string;
  /** Bytes of images a shard; a shard is read in one piece, and arrow-js misreads more than 2 GiB. Default 256 MB. */
  shardBytes?: number;
  /** Rows a record batch. Default 1000. */
  batchRows?: number;
}

const SHARD_BYTES = 256e6;
const BATCH_ROWS = 1000;

type Rows<T> = Iterable<T> | AsyncIterable<T>;

/** Writes a split of raw images as a folder that `datasets.load_from_disk` and pyarrow open. Equal rows give equal bytes. */
export function writePixelSplit(
  folder: string,
  features: SplitFeatures & { shape: NonNullable<SplitFeatures['shape']> },
  rows: Rows<PixelRow>,
  options: WriteOptions,
): Promise<void> {
  const size = pixelsOf(features.shape);
  const column = (batch: PixelRow[]) => {
    const values = new Uint8Array(batch.length * size);
    batch.forEach(({ pixels }, i) => {
      if (pixels.length !== size) throw new Error(`invalid image: ${pixels.length} values. expected ${size}`);
      values.set(pixels, i * size);
    });
    return (schema: Schema) => nest(schema.fields[0]!.type, values);
  };
  return writeSplit(folder, features, rows, (row) => row.pixels.length, column, options);
}

/** Values as nested fixed-size lists, without a copy. */
function nest(type: DataType, values: Uint8Array): Data {
  if (!(type instanceof FixedSizeList)) return makeData({ type: new Uint8(), data: values });
  const child = nest(type.valueType, values);
  return makeData({ type, length: child.length / type.listSize, nullCount: 0, child });
}

/** Writes a split of encoded images, bytes untouched. */
export function writeEncodedSplit(
  folder: string,
  features: SplitFeatures,
  rows: Rows<EncodedRow>,
  options: WriteOptions,
): Promise<void> {
  const column = (batch: EncodedRow[]) => () => {
    const bytes = variable(
      new Binary(),
      batch.map((row) => row.bytes),
    );
    const path = variable(
      new Utf8(),
      batch.map((row) => Buffer.from(row.path)),
    );
    const type = new Struct([new Field('bytes', new Binary(), true), new Field('path', new Utf8(), true)]);
    return makeData({ type, length: batch.length, nullCount: 0, children: [bytes, path] as never }) as Data;
  };
  return writeSplit(folder, features, rows, (row) => row.bytes.length, column, options);
}

/** Values of different lengths, one after the other. */
function variable(type: Binary | Utf8, values: Uint8Array[]): Data {
  const valueOffsets = new Int32Array(values.length + 1);
  values.forEach((value, i) => {
    valueOffsets[i + 1] = valueOffsets[i]! + value.length;
  });
  const data = new Uint8Array(valueOffsets.at(-1)!);
  values.forEach((value, i) => void data.set(value, valueOffsets[i]!));
  return makeData({ type, length: values.length, nullCount: 0, valueOffsets, data } as never);
}

/** In memory is a shard at a time. */
async function writeSplit<T extends { label: number }>(
  folder: string,
  features: SplitFeatures,
  rows: Rows<T>,
  bytesOf: (row: T) => number,
  column: (batch: T[]) => (schema: Schema) => Data,
  { dataset, split, shardBytes = SHARD_BYTES, batchRows = BATCH_ROWS }: WriteOptions,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const schema = arrowSchema(features);
  const digest = createHash('sha256');
  const shards: ShardIndex['batches'][] = [];
  let batches: RecordBatch[] = [];
  let batch: T[] = [];
  let bytes = 0;
  let total = 0;

  const closeBatch = () => {
    if (batch.length === 0) return;
    const labels = BigInt64Array.from(batch, (row) => BigInt(row.label));
    const label = makeData({ type: new Int64(), data: labels });
    const data = makeData({
      type: new Struct(schema.fields),
      length: batch.length,
      nullCount: 0,
      children: [column(batch)(schema), label] as never,
    });
    batches.push(new RecordBatch(schema, data as never));
    batch = [];
  };
  const closeShard = () => {
    closeBatch();
    if (batches.length === 0 && shards.length > 0) return;
    const writer = new RecordBatchStreamWriter();
    writer.reset(undefined, schema);
    for (const recordBatch of batches) writer.write(recordBatch);
    writer.finish();
    const data = writer.toUint8Array(true);
    digest.update(data);
    writeFileAtomic(join(folder, unfinished(shards.length)), data);
    shards.push(indexBatches(data));
    batches = [];
    bytes = 0;
  };
  for await (const row of rows) {
    if (!Number.isInteger(row.label) || row.label < 0 || row.label >= features.classes.length) {
      throw new Error(`invalid label: ${row.label} of row ${total}. expected 0..${features.classes.length - 1}`);
    }
    if (bytes > 0 && bytes + bytesOf(row) > shardBytes) closeShard();
    batch.push(row);
    bytes += bytesOf(row);
    total++;
    if (batch.length === batchRows) closeBatch();
  }
  closeShard();

  const index = shards.map((batches, i): ShardIndex => {
    const file = shardName(i, shards.length);
    renameSync(join(folder, unfinished(i)), join(folder, file));
    return { file, batches };
  });
  const fingerprint = digest.digest('hex').slice(0, 16);
  writeJson(join(folder, 'dataset_info.json'), {
    citation: '',
    dataset_name: dataset,
    description: '',
    features: huggingFaceFeatures(features),
    homepage: '',
    license: '',
  });
  writeJson(join(folder, 'index.json'), {
    dataset,
    split,
    ...features,
    rows: total,
    digest: fingerprint,
    shards: index,
  });
  writeJson(join(folder, 'state.json'), {
    _data_files: index.map(({ file }) => ({ filename: file })),
    _fingerprint: fingerprint,
    _format_columns: null,
    _format_kwargs: {},
    _format_type: null,
    _output_all_columns: false,
    _split: split,
  });
}

const five = (n: number) => String(n).padStart(5, '0');

const shardName = (i: number, count: number): string => `data-${five(i)}-of-${five(count)}.arrow`;

/** A shard's name says how many there are, which shows at the end. */
const unfinished = (i: number): string => `data-${five(i)}.arrow.tmp`;

/** Makes `folder` a DatasetDict of its splits. */
export function writeDatasetDict(folder: string, splits: readonly string[]): void {
  writeFileAtomic(join(folder, 'dataset_dict.json'), JSON.stringify({ splits }));
}
