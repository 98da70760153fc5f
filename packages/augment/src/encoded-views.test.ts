import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEncoded, writeEncodedSplit } from '@simclr/shards';
import { addressed, UserError } from '@simclr/stage';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BatchOrder } from './batch-order.ts';
import { decodeShrink } from './encoded-views.ts';
import type { EncodedImages } from './images.ts';
import { startViewLoader } from './loader.ts';
import { parsePolicy } from './parse.ts';
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
let images: EncodedImages;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'encoded-'));
  files = await Promise.all([
    picture(60, 80, 3).jpeg({ quality: 90 }).toBuffer(),
    picture(75, 50, 1).toColourspace('b-w').jpeg().toBuffer(), // a greyscale JPEG
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
afterAll(() => rmSync(dir, { recursive: true }));

/** The views of a batch by hand: the whole image decoded, then the view maker for raw images of its shape. */
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
    'crop(to=24)|flip|jitter|grey|blur',
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
    const bytes = Uint8Array.from(images.bytes);
    bytes.fill(7, images.offsets[6]!, images.offsets[7]!);
    const broken = { ...images, bytes };
    const loader = startViewLoader({ images: broken, policy: 'crop(to=8)', seed, batch: 6, totalSteps: 1, workers });
    const failure = await loader.next(0).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(String(failure)).toMatch(/undecodable image: row 3\. .*\. remove or replace it$/);
    await loader.close();
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
    const only = { ...images, offsets: images.offsets.slice(10, 12), rows: 1 };
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
