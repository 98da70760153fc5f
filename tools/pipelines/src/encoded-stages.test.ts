import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStage } from './testing/run-stage.ts';

// All stages on files of different sizes, each on what the stage before really wrote.
const CLASSES = ['bands', 'rings'];
let dir: string;

/** Reddish bands or bluish rings of some width, with noise, in some size and format. */
async function picture(label: number, i: number): Promise<{ name: string; bytes: Buffer }> {
  const [width, height] = [70 + ((i * 23) % 60), 70 + ((i * 37) % 50)];
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, at) => {
    const [x, y, c] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3];
    const phase = label === 0 ? y / (5 + (i % 4)) : Math.hypot(x - width / 2, y - height / 2) / (5 + (i % 4));
    return (c === 2 * label ? 180 : 80) + 40 * Math.sin(phase) + 20 * Math.sin(i + c) + ((at * 7919) % 23);
  });
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  if (i % 8 === 0) return { name: `${i}.png`, bytes: await image.png().toBuffer() };
  if (i % 8 === 1) return { name: `${i}.jpg`, bytes: await image.toColourspace('cmyk').jpeg().toBuffer() };
  const turned = i % 8 === 2 ? image.jpeg().withMetadata({ orientation: 6 }) : image.jpeg();
  return { name: `${i}.jpg`, bytes: await turned.toBuffer() };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'encoded-stages-'));
  for (const [label, name] of CLASSES.entries()) {
    mkdirSync(join(dir, 'photos', name), { recursive: true });
    for (let i = 0; i < 24; i++) {
      const { name: file, bytes } = await picture(label, i);
      writeFileSync(join(dir, 'photos', name, file), bytes);
    }
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

const run = (name: string, config: object, inputs: string[], options?: Parameters<typeof runStage>[4]) =>
  runStage(dir, name, config, inputs, options);

const read = (path: string) => readFileSync(join(dir, path));
const json = (path: string) => JSON.parse(read(path).toString());

const PRETRAIN = {
  dataset: 'photos',
  network: { depth: 10, width: 4, stem: 'imagenet' },
  head: { outDim: 8 },
  batch: 16,
  // Four steps.
  epochs: 1.5,
  onlineProbe: true,
  precision: 'fp32',
  monitor: { bank: 20, queries: 10, k: 3 },
  logEvery: 1,
};
const pretrain = (as: string, changes: object = {}, stopAt?: number) =>
  run('pretrain', { ...PRETRAIN, ...changes }, ['ingest', 'augment'], { as, ...(stopAt && { stopAt }) });
const PUBLISHED = ['encoder.safetensors', 'projection.safetensors', 'encoder.json', 'history.json'];

describe('files of different sizes', { timeout: 120_000 }, () => {
  it('are ingested, and their views shown', async () => {
    const folder = join(dir, 'photos');
    await run('ingest', { datasets: [{ name: 'photos', folder, size: null, testFraction: 0.25 }] }, []);
    await run('augment', { dataset: 'photos', policy: 'crop(to=64)|flip|jitter(0.5)|grayscale', preview: 4 }, [
      'ingest',
    ]);
    expect(json('augment/policy.json').shape).toEqual([64, 64, 3]);
  });

  it('are pretrained on, with labels and monitor', async () => {
    const { metrics, datasets } = await pretrain('pretrain/a');
    expect(datasets).toMatchObject([{ name: 'photos/train', rows: 36 }]);
    expect(metrics.knn_top_1_accuracy).toBeGreaterThanOrEqual(0);
    expect(metrics.supervised_acc).toBeGreaterThan(0);
    expect(json('pretrain/a/encoder.json')).toMatchObject({
      inputShape: [64, 64, 3],
      preprocessing: { size: [64, 64], crop: 0.875, a: -0.5, coordinates: 'half-pixel', antialias: false },
    });
    expect(json('pretrain/a/history.json').train).toHaveLength(4);
  });

  it('stopped and resumed, ends with the same bytes', async () => {
    await expect(pretrain('pretrain/c', {}, 2)).rejects.toThrow(/^interrupted: at step 2 of 4/);
    const { info } = await pretrain('pretrain/c');
    expect(info).toContain('resuming at step 2 of 4');
    for (const file of PUBLISHED)
      expect(read(`pretrain/c/${file}`).equals(read(`pretrain/a/${file}`)), file).toBe(true);
  });

  it('serve the supervised baseline', async () => {
    const { metrics } = await pretrain('pretrain/supervised', {
      objective: { kind: 'supervised' },
      onlineProbe: false,
    });
    expect(metrics.supervised_loss).toBeGreaterThan(0);
  });

  it('are evaluated, the encoder against its untrained twin', async () => {
    const { metrics, info } = await run('linear-eval', { l2s: [0.01, 1, 100], knn: { k: 3 } }, [
      'ingest',
      'pretrain/a',
    ]);
    expect(
      Object.keys(metrics)
        .filter((key) => !key.startsWith('flags/'))
        .sort(),
    ).toEqual(
      ['linear-knn', 'linear'].flatMap((key) =>
        ['pretrained', 'random-init'].map((kind) => `${key}/${kind}/top_1_accuracy`),
      ),
    );
    expect(info).toContainEqual(
      expect.stringMatching(
        /^photos: no baseline of raw pixels: \d+ images of 64×64×3, 2 classes, are too many for a probe\. allowed: 4,096 values an image, /,
      ),
    );
    // Red and blue: whatever the network, not a guess.
    expect(metrics['linear/pretrained/top_1_accuracy']).toBeGreaterThan(0.7);
  });

  it('are evaluated from features of a stage of their own, to the same bytes', async () => {
    await run('features', {}, ['ingest', 'pretrain/a']);
    const probe = { l2s: [0.01, 1, 100], knn: { k: 3 } };
    const { datasets, params } = await run('linear-eval', probe, ['features'], { as: 'from-features' });
    expect(datasets.map(({ name, rows }) => [name, rows])).toEqual([
      ['photos/train', 36],
      ['photos/test', 12],
    ]);
    expect(params['encoder.hash']).toBe(json('features/features.json').encoder.digest);
    const same = (one: string, other: string) => expect(read(one).equals(read(other)), `${one} ${other}`).toBe(true);
    for (const file of ['results.json', 'predictions.json', 'neighbours.json'])
      same(`from-features/${file}`, `linear-eval/${file}`);
    for (const split of ['train', 'test'])
      same(`features/features/pretrained/${split}.arrow`, `linear-eval/features/pretrained/${split}.arrow`);
    expect(existsSync(join(dir, 'from-features/features'))).toBe(false);
    // The same protocols, but for the neighbours.
    await run('transfer', probe, ['features'], { as: 'transfer-from-features' });
    for (const file of ['results.json', 'predictions.json'])
      same(`transfer-from-features/${file}`, `linear-eval/${file}`);
  });

  it('are transferred to, and reported', async () => {
    const transfer = { datasets: ['photos'], l2s: [0.01, 1, 100], baselines: false };
    const { metrics } = await run('transfer', transfer, ['ingest', 'pretrain/a']);
    expect(metrics['photos/pretrained/top_1_accuracy']).toBeGreaterThan(0.7);
    await run('report', {}, ['ingest', 'augment', 'pretrain/a', 'linear-eval', 'transfer']);
    const page = read('report/report.html').toString();
    // Eight test images, each with eight neighbours.
    expect(page.match(/data:image\/jpeg;base64,/g)).toHaveLength(72);
  });
});
