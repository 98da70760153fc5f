import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  imageDigest,
  preprocessing,
  readPredictions,
  readResults,
  unpackFloats,
  writeDatasetInfo,
} from '@simclr/artifacts';
import { type ImageShape, type Label, loadPixels, writeEncodedSplit, writePixelSplit } from '@simclr/shards';
import { addressed, memoryLog } from '@simclr/stage';
import { type EvaluationImages, imageGrid, viewedImages } from '@simclr/views';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openData } from './data.ts';
import stage from './stage.ts';
import { configOf, contextOf, writeEncoder } from './testdata/stripes.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'finetune-data-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const classes = ['a', 'b'];
const random = addressed(4);
const noise = (length: number) => Uint8Array.from({ length }, () => 256 * random.next());

function writeInfo(metric: 'top-1' | '11-point-map', splits: Record<string, number>): void {
  const said = Object.entries(splits).map(([split, rows]) => [split, { rows, digest: split, list: split }]);
  writeDatasetInfo(join(dir, 'toy'), {
    ...{
      name: 'toy',
      title: 'Toy',
      metric,
      severalLabels: metric === '11-point-map',
      classes: 2,
      skipped: 0,
      missing: 0,
    },
    splits: Object.fromEntries(said),
  });
}

async function writeRaw(shape: ImageShape, splits: Record<string, number>): Promise<void> {
  for (const [split, rows] of Object.entries(splits)) {
    const images = Array.from({ length: rows }, (_, row) => ({
      label: row % 2,
      pixels: noise(shape[0] * shape[1] * shape[2]),
    }));
    await writePixelSplit(join(dir, 'toy', split), { classes, shape }, images, { dataset: 'toy', split });
  }
  writeInfo('top-1', splits);
}

/** Photographs of their own sizes, bright where `bright` says so. */
async function writePhotos(splits: Record<string, readonly Label[]>, bright: (label: Label) => number): Promise<void> {
  for (const [split, labels] of Object.entries(splits)) {
    const photos = labels.map(async (label, i) => {
      const shape = [20 + (i % 3), 24, 3] as const;
      const image = Float32Array.from(noise(shape[0] * 24 * 3), (value) => 0.3 * (value / 255) + bright(label));
      return { label, path: `${i}.png`, bytes: await imageGrid([[image]], shape, { columns: 1, zoom: 1 }) };
    });
    const severalLabels = typeof labels[0] !== 'number';
    await writeEncodedSplit(
      join(dir, 'toy', split),
      { classes, shape: null, severalLabels },
      await Promise.all(photos),
      {
        ...{ dataset: 'toy', split },
      },
    );
  }
}

const open = (shape: ImageShape, signal?: AbortSignal) => {
  const inputShape: [number, number, number] = [...shape];
  return openData(dir, 'toy', { inputShape, preprocessing: preprocessing(shape, 1, 'bicubic') }, memoryLog(), signal);
};

async function valuesOf(images: EvaluationImages, rows?: Uint32Array): Promise<number[]> {
  const values: number[] = [];
  for await (const batch of images.batches(rows)) values.push(...batch);
  return values;
}

describe('openData', () => {
  it('gives images of at most 32 px whole, in the channels that the encoder takes', async () => {
    await writeRaw([8, 8, 1], { train: 6, test: 2 });
    const { train, held, policy, official } = await open([8, 8, 3]);
    const grey = loadPixels(join(dir, 'toy/train')).data;
    expect([...train.shape!]).toEqual([8, 8, 3]);
    expect(await valuesOf(held)).toEqual([...Float32Array.from(grey, (v) => v / 255)].flatMap((v) => [v, v, v]));
    expect(policy).toBe('crop(resize=bicubic)|flip');
    expect(official).toBeUndefined();
  });

  it('shows the middle of larger ones, and views of the size that the encoder takes', async () => {
    await writeRaw([48, 48, 1], { train: 4, test: 2 });
    const { test, policy } = await open([40, 40, 1]);
    expect(policy).toBe('crop(to=40,resize=bicubic)|flip');
    expect([...test.shape]).toEqual([40, 40, 1]);
    const raw = loadPixels(join(dir, 'toy/test'));
    expect(await valuesOf(test)).toEqual(await valuesOf(viewedImages(raw, 'centercrop(0.875,to=40)', 0)));
  });

  it('puts rows of an official validation split behind those of training: files and pixels', async () => {
    await writePhotos({ train: [0, 1, 0], validation: [1, 1], test: [0] }, (label) => 0.5 * (label as number));
    writeInfo('top-1', { train: 3, validation: 2, test: 1 });
    const { train, held, official, labels, close } = await open([16, 16, 3]);
    expect([...official!]).toEqual([3, 4]);
    expect([...labels.train]).toEqual([0, 1, 0, 1, 1]);
    expect(train.rows).toBe(5);
    const values = await valuesOf(held);
    const means = Array.from(labels.train, (_, row) => {
      const own = values.slice(row * 16 * 16 * 3, (row + 1) * 16 * 16 * 3);
      return own.reduce((a, b) => a + b) / own.length;
    });
    const [dark, bright] = [0, 1].map((label) => means.filter((_, row) => labels.train[row] === label));
    expect(Math.max(...dark!)).toBeLessThan(Math.min(...bright!) - 0.1);
    close();

    await writeRaw([8, 8, 1], { train: 3, validation: 2, test: 1 });
    const pixels = await open([8, 8, 1]);
    const own = [pixels.train.rows, [...pixels.official!], (await valuesOf(pixels.held)).length];
    expect(own).toEqual([5, [3, 4], 5 * 64]);
  });

  it('knows each image as it was ingested, whatever the encoder takes', async () => {
    await writeRaw([8, 8, 3], { train: 3, validation: 2, test: 1 });
    const { images, splits } = await open([8, 8, 1]);
    const digests = Object.entries({ train: 3, validation: 2, test: 1 }).map(([split, rows]) => {
      const { data } = loadPixels(join(dir, 'toy', split));
      return [split, Array.from({ length: rows }, (_, row) => imageDigest(data.subarray(row * 192, (row + 1) * 192)))];
    });
    expect(images).toEqual(Object.fromEntries(digests));
    expect(Object.values(splits).map(({ rows }) => rows)).toEqual([3, 2, 1]);
  });

  it('hears a signal while it reads them', async () => {
    await writeRaw([8, 8, 1], { train: 3, test: 1 });
    const reason = new Error('stopped');
    await expect(open([8, 8, 1], AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it.each(['validation', 'test'])('refuses other classes in %s', async (split) => {
    await writeRaw([8, 8, 1], { train: 3, validation: 2, test: 1 });
    const rows = [{ label: 0, pixels: noise(64) }];
    rmSync(join(dir, 'toy', split), { recursive: true });
    await writePixelSplit(join(dir, 'toy', split), { classes: ['b', 'a'], shape: [8, 8, 1] }, rows, {
      ...{ dataset: 'toy', split },
    });
    await expect(open([8, 8, 1])).rejects.toThrow(
      `class order differs: label 0 is a in train of toy and b in ${split}. run `,
    );
  });

  it('refuses files for an encoder of grey images', async () => {
    await writePhotos({ train: [0, 1], test: [0] }, () => 0);
    writeInfo('top-1', { train: 2, test: 1 });
    await expect(open([16, 16, 1])).rejects.toThrow('channels differ: toy is decoded to 3, the encoder takes 1');
  });
});

it('photographs of several classes are learned one class against the rest, and scored by 11-point mAP', async () => {
  const labelOf = (row: number) => Int8Array.from([row % 2 ? 1 : -1, row % 5 === 0 ? 0 : row % 2 ? -1 : 1]);
  const rows = (count: number) => Array.from({ length: count }, (_, row) => labelOf(row));
  await writePhotos({ train: rows(24), validation: rows(12), test: rows(16) }, (label) =>
    (label as Int8Array)[0] === 1 ? 0.6 : 0.1,
  );
  writeInfo('11-point-map', { train: 24, validation: 12, test: 16 });
  mkdirSync(join(dir, 'ingest'));
  writeEncoder(join(dir, 'pretrain'), [16, 16, 3], 'toy');
  const grid = { learningRates: [0.05, 0.1], weightDecays: [0], steps: 25, batch: 12 };
  const context = contextOf(dir, 'a', configOf({ grid }));
  const inputs = { ...context.inputs, dataset: [{ task: 'ingest', item: {}, folder: dir }] };
  const config = { ...context.config, dataset: 'toy' };
  await stage.run({ ...context, config, inputs, log: memoryLog(), signal: new AbortController().signal });
  const [row] = readResults(context.out).rows;
  expect(row).toMatchObject({ metric: '11-point-map', trainRows: 36, testRows: 16 });
  expect(row!.score).toBeGreaterThan(0.9);
  const { tests, predictions } = readPredictions(context.out);
  expect(tests[0]!.labels).toHaveLength(32);
  expect(unpackFloats(predictions[0]!.scores!)).toHaveLength(32);
}, 300_000);
