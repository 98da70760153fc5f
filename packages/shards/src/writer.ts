import { createHash } from 'node:crypto';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic, writeJson } from '@simclr/stage';
import { type FixedSizeList, type Int64, makeData, RecordBatch, type Schema, Struct } from 'apache-arrow';
import { bytesOf, type EncodedRow, encodedColumn, type PixelRow, pixelColumn } from './columns.ts';
import { arrowSchema, huggingFaceFeatures, pixelsOf, type SplitFeatures } from './features.ts';
import { type Label, labelColumn, requireLabel } from './label.ts';
import { ShardFile } from './shard-file.ts';
import type { ShardIndex } from './shard-index.ts';

/** What a dataset is, for dataset_info.json. */
export interface About {
  citation: string;
  description: string;
  homepage: string;
  license: string;
}

export interface WriteOptions {
  /** Name of the dataset and of the split, for dataset_info.json. */
  dataset: string;
  split: string;
  about?: About;
  /** Bytes of images a shard; a shard is read in one piece, and arrow-js misreads more than 2 GiB. Default 256 MB. */
  shardBytes?: number;
  /** Rows a record batch. Default 1000. */
  batchRows?: number;
  /** Bytes of images a record batch: so much is in memory. Default 64 MB. */
  batchBytes?: number;
}

const SHARD_BYTES = 256e6;
const BATCH_ROWS = 1000;
const BATCH_BYTES = 64e6;
const NOTHING: About = { citation: '', description: '', homepage: '', license: '' };

export type AnyRow = PixelRow<Label> | EncodedRow<Label>;
type Rows<T> = Iterable<T> | AsyncIterable<T>;

/** Writes a split of raw images as a folder that `datasets.load_from_disk` and pyarrow open. Equal rows give equal bytes. */
export const writePixelSplit = (
  folder: string,
  features: SplitFeatures & { shape: NonNullable<SplitFeatures['shape']> },
  rows: Rows<PixelRow<Label>>,
  options: WriteOptions,
): Promise<void> => writeSplit(folder, features, rows, options);

/** Writes a split of encoded images, bytes untouched. */
export const writeEncodedSplit = (
  folder: string,
  features: SplitFeatures,
  rows: Rows<EncodedRow<Label>>,
  options: WriteOptions,
): Promise<void> => writeSplit(folder, features, rows, options);

async function writeSplit(folder: string, features: SplitFeatures, rows: Rows<AnyRow>, options: WriteOptions) {
  const writer = new SplitWriter(folder, features, options);
  try {
    for await (const row of rows) writer.add(row);
    writer.close();
  } finally {
    writer.abandon();
  }
}

/** Writes a split row by row: in memory is a record batch at a time, so that several splits can be written at once. */
export class SplitWriter {
  /** Rows so far. */
  rows = 0;
  readonly #folder: string;
  readonly #features: SplitFeatures;
  readonly #options: WriteOptions;
  readonly #schema: Schema;
  readonly #digest = createHash('sha256');
  readonly #shards: ShardIndex['batches'][] = [];
  #shard: ShardFile | undefined;
  #shardBytes = 0;
  #batch: AnyRow[] = [];
  #batchBytes = 0;

  constructor(folder: string, features: SplitFeatures, options: WriteOptions) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#features = features;
    this.#options = options;
    this.#schema = arrowSchema(features);
  }

  /** @throws Error for a label or an image that the features do not know */
  add(row: AnyRow): void {
    const { shardBytes = SHARD_BYTES, batchRows = BATCH_ROWS, batchBytes = BATCH_BYTES } = this.#options;
    requireLabel(row.label, this.#features, this.rows);
    const bytes = bytesOf(row);
    if (this.#shardBytes > 0 && this.#shardBytes + bytes > shardBytes) this.#closeShard();
    else if (this.#batchBytes > 0 && this.#batchBytes + bytes > batchBytes) this.#closeBatch();
    this.#batch.push(row);
    this.#batchBytes += bytes;
    this.#shardBytes += bytes;
    this.rows++;
    if (this.#batch.length === batchRows) this.#closeBatch();
  }

  #closeBatch(): void {
    if (this.#batch.length === 0) return;
    const [image, label] = this.#schema.fields;
    const { shape } = this.#features;
    const images = shape
      ? pixelColumn(this.#batch as PixelRow<Label>[], image!.type, pixelsOf(shape))
      : encodedColumn(this.#batch as EncodedRow<Label>[]);
    const labels = labelColumn(
      this.#batch.map((row) => row.label),
      label!.type as Int64 | FixedSizeList,
    );
    const data = makeData({
      type: new Struct(this.#schema.fields),
      length: this.#batch.length,
      nullCount: 0,
      children: [images, labels] as never,
    });
    this.#batch = [];
    this.#batchBytes = 0;
    this.#open().add(new RecordBatch(this.#schema, data as never));
  }

  #open(): ShardFile {
    this.#shard ??= new ShardFile(join(this.#folder, unfinished(this.#shards.length)), this.#schema, this.#digest);
    return this.#shard;
  }

  #closeShard(): void {
    this.#closeBatch();
    if (!this.#shard && this.#shards.length > 0) return;
    const shard = this.#open();
    shard.close();
    this.#shards.push(shard.batches);
    this.#shard = undefined;
    this.#shardBytes = 0;
  }

  /** Ends the split: its shards get their names, and the files that describe them are written. */
  close(): void {
    this.#closeShard();
    const shards = this.#shards.map((batches, i): ShardIndex => {
      const file = shardName(i, this.#shards.length);
      renameSync(join(this.#folder, unfinished(i)), join(this.#folder, file));
      return { file, batches };
    });
    const digest = this.#digest.digest('hex').slice(0, 16);
    describe(this.#folder, this.#features, this.#options, { rows: this.rows, digest, shards });
  }

  /** Closes what an error left open; nothing after `close`. */
  abandon(): void {
    this.#shard?.abandon();
    this.#shard = undefined;
  }
}

interface Written {
  rows: number;
  digest: string;
  shards: ShardIndex[];
}

/** The files beside the shards: those of `datasets`, and ours. */
function describe(folder: string, features: SplitFeatures, options: WriteOptions, written: Written): void {
  const { dataset, split, about = NOTHING } = options;
  const { citation, description, homepage, license } = about;
  writeJson(join(folder, 'dataset_info.json'), {
    citation,
    dataset_name: dataset,
    description,
    features: huggingFaceFeatures(features),
    homepage,
    license,
  });
  writeJson(join(folder, 'index.json'), { dataset, split, ...features, ...written });
  writeJson(join(folder, 'state.json'), {
    _data_files: written.shards.map(({ file }) => ({ filename: file })),
    _fingerprint: written.digest,
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
