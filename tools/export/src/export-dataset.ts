import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readDatasetInfo } from '@simclr/artifacts';
import { huggingFaceFeatures, type ImageShape, readBatches, readSplitInfo, type SplitInfo } from '@simclr/shards';
import { publishFolder, UserError } from '@simclr/stage';
import type { Data, RecordBatch } from 'apache-arrow';
import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import sharp from 'sharp';

/** An image as `datasets` has it. */
interface Image {
  bytes: Uint8Array;
  path: string | null;
}

const PATH = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const;
const IMAGE: SchemaElement[] = [
  { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', ...PATH },
];
const LABEL: SchemaElement[] = [{ name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' }];
const TARGETS: SchemaElement[] = [
  { name: 'targets', num_children: 1, converted_type: 'LIST', repetition_type: 'OPTIONAL' },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  { name: 'element', type: 'INT32', converted_type: 'INT_8', repetition_type: 'OPTIONAL' },
];

/**
 * Writes a dataset of the stage `ingest` as Parquet, laid out as on Hugging Face's hub: a file for each shard,
 * `data/train-00000-of-00003.parquet`, so that `datasets.load_dataset` finds splits, images and names of classes. Raw pixels become
 * PNG. A record batch is in memory at a time. The target appears whole or not at all.
 *
 * @param folder of the dataset: `<ingest>/<name>`
 * @returns rows by split
 * @throws UserError where the dataset is missing or damaged, or the target exists
 */
export async function exportDataset(folder: string, target: string): Promise<Record<string, number>> {
  if (existsSync(target)) throw new UserError(`target exists: ${target}. remove it, or name another`);
  const { splits } = readDatasetInfo(folder);
  const unfinished = `${target}.new.tmp`;
  rmSync(unfinished, { recursive: true, force: true });
  try {
    mkdirSync(join(unfinished, 'data'), { recursive: true });
    const rows: Record<string, number> = {};
    for (const split of Object.keys(splits)) {
      const info = readSplitInfo(join(folder, split));
      for (const [i, shard] of info.shards.entries()) {
        const file = `${split}-${five(i)}-of-${five(info.shards.length)}.parquet`;
        const batches = readBatches(join(folder, split), { ...info, shards: [shard] });
        await writeFile(join(unfinished, 'data', file), info, batches);
      }
      rows[split] = info.rows;
    }
    publishFolder(unfinished, target);
    return rows;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

const five = (n: number) => String(n).padStart(5, '0');

async function writeFile(path: string, info: SplitInfo, batches: Iterable<RecordBatch>): Promise<void> {
  const { classes, severalLabels = false, shape } = info;
  const label = severalLabels ? TARGETS : LABEL;
  const features = huggingFaceFeatures({ classes, shape: null, severalLabels });
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: [{ name: 'schema', num_children: 2 }, ...IMAGE, ...label],
    // Images are compressed already.
    codec: 'UNCOMPRESSED',
    statistics: false,
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
  });
  for (const batch of batches) {
    const [image, labels] = batch.data.children as [Data, Data];
    const images = shape ? await pngOf(image, batch.numRows, shape) : filesOf(image, batch.numRows);
    const columnData = [
      { name: 'image', data: images, encoding: 'PLAIN' as const },
      { name: label[0]!.name, data: labelsOf(labels, severalLabels ? classes.length : 0), encoding: 'PLAIN' as const },
    ];
    await writer.write({ columnData, rowGroupSize: batch.numRows });
  }
  await writer.finish();
}

function filesOf(image: Data, rows: number): Image[] {
  const [bytes, path] = image.children as [Data, Data];
  const value = ({ values, valueOffsets }: Data, row: number): Uint8Array =>
    values.subarray(valueOffsets[row], valueOffsets[row + 1]);
  return Array.from({ length: rows }, (_, row) => ({
    bytes: value(bytes, row),
    path: Buffer.from(value(path, row)).toString(),
  }));
}

async function pngOf(image: Data, rows: number, [height, width, channels]: ImageShape): Promise<Image[]> {
  let pixels = image;
  while (pixels.children[0]) pixels = pixels.children[0];
  const size = height * width * channels;
  const images: Image[] = [];
  for (let row = 0; row < rows; row++) {
    const raw = { height, width, channels: channels as 1 | 3 };
    const bytes = sharp((pixels.values as Uint8Array).subarray(row * size, (row + 1) * size), { raw }).png();
    images.push({ bytes: await bytes.toBuffer(), path: null });
  }
  return images;
}

/** @param several classes that each row has a value for; 0: it is of one class */
const labelsOf = (labels: Data, several: number): bigint[] | number[][] =>
  several === 0
    ? [...(labels.values as BigInt64Array)]
    : Array.from({ length: labels.length }, (_, row) => [
        ...(labels.children[0]!.values as Int8Array).subarray(row * several, (row + 1) * several),
      ]);
