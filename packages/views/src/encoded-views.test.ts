import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preprocessing } from '@simclr/artifacts';
import { closeEncoded, type Encoded, loadEncoded, writeEncodedSplit } from '@simclr/shards';
import { addressed, UserError } from '@simclr/stage';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchOrder } from './batch-order.ts';
import { decodeShrink } from './encoded-views.ts';
import { evaluationImages } from './evaluation.ts';
import { startViewLoader } from './loader.ts';
import { parsePolicy } from './parse.ts';
import { evaluationPolicy, resizeOf } from './preprocessing.ts';
import { compileViews, viewShape } from './views.ts';

/** A smooth picture with some edges, as photographs have them. */
function picture(height: number, width: number, channels: 1 | 3 | 4): Sharp {
  const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const c = i % channels;
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    const edge = (x > width / 3 ? 30 : 0) + (x + y > height ? 25 : 0);
    return 100 + edge + 45 * Math.sin((x * (c + 2)) / width + 4) + 45 * Math.cos((y * 5) / height + c);
  });
  return sharp(pixels, { raw: { width, height, channels } });
}

const seed = 4;
let dir: string;
let files: Buffer[];
let images: Encoded;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'encoded-'));
  files = await Promise.all([
    picture(60, 80, 3).jpeg({ quality: 90 }).toBuffer(),
    picture(75, 50, 1).toColourspace('b-w').jpeg().toBuffer(), // a grayscale JPEG
    picture(40, 91, 3).jpeg({ chromaSubsampling: '4:4:4', progressive: true }).toBuffer(),
    picture(33, 47, 4).png().toBuffer(), // with transparency
    picture(64, 90, 3).jpeg().withMetadata({ orientation: 6 }).toBuffer(), // lying on its side
    picture(400, 500, 3).jpeg().toBuffer(),
  ]);
  const rows = files.map((bytes, label) => ({ bytes, path: `${label}.jpg`, label }));
  const classes = rows.map((row) => row.path);
  const options = { dataset: 'files', split: 'train', batchRows: 2, shardBytes: 12_000 };
  await writeEncodedSplit(dir, { classes, shape: null }, rows, options);
  images = loadEncoded(dir);
});
afterAll(() => {
  closeEncoded(images);
  rmSync(dir, { recursive: true });
});

/** The views of a batch by hand: the whole image decoded, then the views of raw images of its shape. */
async function byHand(policy: string, batch: number, step: number): Promise<Float32Array> {
  const order = new BatchOrder(images.rows, batch, seed);
  const [rows, epochs] = [new Uint32Array(batch), new Uint32Array(batch)];
  order.fill(step, rows, epochs);
  const parsed = parsePolicy(policy);
  const size = viewShape(parsed, images).reduce((a, b) => a * b);
  const out = new Float32Array(2 * batch * size);
  for (let i = 0; i < batch; i++) {
    const file = sharp(files[rows[i]!]!).autoOrient().toColourspace('srgb').removeAlpha().raw();
    const { data, info } = await file.toBuffer({ resolveWithObject: true });
    const makeView = compileViews(parsed, [info.height, info.width, 3]);
    for (let view = 0; view < 2; view++)
      makeView(data, 0, out, (view * batch + i) * size, addressed(seed, epochs[i]!, rows[i]!, view));
  }
  return out;
}

async function views(policy: string, batch: number, workers: number, steps: number[]): Promise<Float32Array[]> {
  const loader = startViewLoader({ images, policy, seed, batch, totalSteps: 100, workers });
  try {
    const made: Float32Array[] = [];
    for (const step of steps) made.push(Float32Array.from((await loader.next(step)).views));
    return made;
  } finally {
    await loader.close();
  }
}

describe('views of encoded images', () => {
  it.each([
    'crop(to=24)|flip|jitter|grayscale|blur',
    'crop(to=16,resize=antialias)|jitter(0.5)',
    'crop(to=20,resize=legacy)',
  ])('equal those of the decoded images with any number of workers: %s', async (policy) => {
    const expected = [await byHand(policy, 4, 0), await byHand(policy, 4, 1)];
    // In single precision. Antialiased views of the largest image are taken from a smaller one: see below.
    const bound = policy.includes('antialias') ? 0.02 : 1e-5;
    for (const workers of [0, 1, 3]) {
      const made = await views(policy, 4, workers, [0, 1]);
      made.forEach((batch, step) => {
        const worst = batch.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[step]![i]!)), 0);
        expect(worst).toBeLessThanOrEqual(bound);
      });
    }
  });

  it('are bitwise the same whatever the number of workers, also when decoded smaller', async () => {
    const policy = 'crop(to=8,resize=antialias)|flip|jitter';
    const expected = await views(policy, 5, 0, [0, 1, 2]);
    for (const workers of [1, 2]) expect(await views(policy, 5, workers, [0, 1, 2])).toEqual(expected);
  });

  it('need a size', () => {
    const start = (policy: string) => startViewLoader({ images, policy, seed, batch: 2, totalSteps: 1, workers: 0 });
    for (const policy of ['crop|flip', 'flip']) {
      expect(() => start(policy)).toThrow(UserError);
      expect(() => start(policy)).toThrow(/^missing size: .* crop\(to=<px>\)$/);
    }
  });

  it.each([0, 2])('name the file that is no image (%d workers)', async (workers) => {
    const broken = { ...images, places: images.places.slice() };
    // The fourth file's last half.
    broken.places[10]! += Math.round(files[3]!.length / 2);
    const loader = startViewLoader({ images: broken, policy: 'crop(to=8)', seed, batch: 6, totalSteps: 1, workers });
    const failure = await loader.next(0).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(String(failure)).toMatch(
      /undecodable image: 3\.jpg of files\/train, row 3\. .*\. it could be decoded .*: run npm run pipeline -- run <pipeline> --force ingest$/,
    );
    await loader.close();
  });
});

describe('evaluation', () => {
  /** The images of some rows, [rows, side, side, 3], with as many workers. */
  async function evaluated(policy: string, rows: Uint32Array | undefined, workers: number): Promise<number[][]> {
    const { shape, batches } = evaluationImages(images, policy, workers);
    const size = shape.reduce((a, b) => a * b);
    const all: number[][] = [];
    for await (const batch of batches(rows))
      for (let at = 0; at < batch.length; at += size) all.push([...batch.subarray(at, at + size)]);
    return all;
  }

  it('takes the centre of an image of any size, and resizes it', async () => {
    const policy = evaluationPolicy(preprocessing([24, 24, 3], 0.875, 'bicubic'));
    const made = await evaluated(policy, undefined, 0);
    expect(made).toHaveLength(images.rows);
    for (const [row, image] of made.entries()) {
      const file = sharp(files[row]!).autoOrient().toColourspace('srgb').removeAlpha().raw();
      const { data, info } = await file.toBuffer({ resolveWithObject: true });
      const expected = new Float32Array(image.length);
      compileViews(parsePolicy(policy), [info.height, info.width, 3])(data, 0, expected, 0, addressed(0));
      const worst = image.reduce((most, v, i) => Math.max(most, Math.abs(v - expected[i]!)), 0);
      expect(worst).toBeLessThan(1e-5);
    }
  });

  it('gives rows in the order asked for, over many batches, with any number of workers', async () => {
    const policy = 'centercrop(to=8)';
    const each = await evaluated(policy, undefined, 0);
    const rows = Uint32Array.from({ length: 1100 }, (_, i) => (i * i) % images.rows);
    for (const workers of [0, 2])
      expect(await evaluated(policy, rows, workers)).toEqual([...rows].map((row) => each[row]));
  });

  it('may be left early', async () => {
    const rows = new Uint32Array(1100);
    for await (const batch of evaluationImages(images, 'centercrop(to=8)', 2).batches(rows)) {
      expect(batch.length).toBe(256 * 8 * 8 * 3);
      break;
    }
  });

  it('resizes as the views were in training', () => {
    const policy = (views: string, crop?: number) =>
      evaluationPolicy(preprocessing([96, 96, 3], 0.875, resizeOf(views)), crop);
    expect(policy('crop(to=96)|flip')).toBe('centercrop(to=96)');
    expect(policy('crop(to=96,resize=legacy)')).toBe('centercrop(to=96,resize=legacy)');
    expect(policy('flip / crop(resize=antialias)', 1)).toBe('centercrop(1,to=96,resize=antialias)');
  });

  it('takes raw images as they are', async () => {
    const data = Uint8Array.from({ length: 300 * 12 }, (_, i) => (i * 7) % 256);
    const raw = { data, shape: [2, 2, 3] as const, labels: new Int32Array(300), classes: ['a'], rows: 300, digest: '' };
    const found: number[] = [];
    for await (const batch of evaluationImages(raw, 'centercrop', 2).batches()) found.push(...batch);
    expect(found).toEqual([...Float32Array.from(data, (v) => v / 255)]);
    const rows = Uint32Array.of(299, 3);
    for await (const batch of evaluationImages(raw, 'centercrop', 2).batches(rows))
      expect([...batch]).toEqual([...found.slice(299 * 12), ...found.slice(36, 48)]);
  });
});

describe('decoding smaller', () => {
  const crop = (height: number, width: number) => ({ box: { y: 0, x: 0, height, width }, flip: false });
  const side = { height: 32, width: 32 };

  it('only where both views shrink by more, and only with antialias', () => {
    expect(decodeShrink([crop(320, 320), crop(200, 256)], side, true)).toBe(200 / 32 / 2);
    expect(decodeShrink([crop(320, 320), crop(40, 256)], side, true)).toBe(1);
    expect(decodeShrink([crop(320, 320), crop(320, 320)], side, false)).toBe(1);
  });

  it('changes views by less than its docstring says of photographs', async () => {
    const policy = 'crop(area=0.6..1,to=24,resize=antialias)|flip';
    const only = { ...images, places: images.places.slice(15), rows: 1 };
    const loader = startViewLoader({ images: only, policy, seed, batch: 1, totalSteps: 1, workers: 0 });
    const { views } = await loader.next(0);
    const { data, info } = await sharp(files[5]!).raw().toBuffer({ resolveWithObject: true });
    const makeView = compileViews(parsePolicy(policy), [info.height, info.width, 3]);
    const expected = new Float32Array(views.length);
    for (let view = 0; view < 2; view++) makeView(data, 0, expected, view * 24 * 24 * 3, addressed(seed, 0, 0, view));
    const errors = views.map((v, i) => Math.abs(v - expected[i]!));
    expect(Math.max(...errors)).toBeGreaterThan(0);
    expect(Math.max(...errors)).toBeLessThan(0.05);
    expect(errors.reduce((a, b) => a + b) / errors.length).toBeLessThan(0.005);
    await loader.close();
  });
});
