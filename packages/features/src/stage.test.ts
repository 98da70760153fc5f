import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { featuresPath, preprocessing, readFeatures, readFeaturesInfo, writeEncoderInfo } from '@simclr/artifacts';
import { openEncoder } from '@simclr/encoders';
import { initResNet, saveSafetensors } from '@simclr/nn';
import { loadPixels, writePixelSplit } from '@simclr/shards';
import { addressed, memoryLog, parseConfig, type StagePlan, soleInputs } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeaturesConfig } from './config.ts';
import planFeatures from './plan.ts';
import stage from './stage.ts';

let dir: string;

async function dataset(folder: string, name: string, side: number, validation = 0): Promise<void> {
  const random = addressed(side);
  for (const [split, rows] of [
    ['train', 20],
    ...(validation ? ([['validation', validation]] as const) : []),
    ['test', 9],
  ] as const) {
    const images = Array.from({ length: rows }, (_, i) => ({
      label: i % 2,
      pixels: Uint8Array.from({ length: side * side }, () => 255 * random.next()),
    }));
    const features = { classes: ['a', 'b'], shape: [side, side, 1] as const };
    await writePixelSplit(join(dir, folder, name, split), features, images, { dataset: name, split });
  }
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'features-stage-'));
  await dataset('ingest', 'small', 8);
  await dataset('ingest', 'large', 12);
  await dataset('alone', 'large', 12);
  await dataset('official', 'small', 8, 6);
  const architecture = { depth: 10, width: 4, stem: 'cifar', channels: 1 } as const;
  const { params, stats } = initResNet(architecture, 5);
  saveSafetensors(join(dir, 'pretrain/encoder.safetensors'), { ...params, ...stats });
  writeEncoderInfo(join(dir, 'pretrain'), {
    architecture,
    inputShape: [8, 8, 1],
    preprocessing: preprocessing([8, 8, 1], 1, 'bicubic'),
    featureDim: 32,
    policy: 'crop',
    dataset: 'small',
    steps: 1,
    seed: 5,
    precision: 'fp32',
  });
});
afterAll(() => rmSync(dir, { recursive: true }));

async function run(name: string, config: object, ingest = 'ingest') {
  const out = join(dir, name);
  mkdirSync(out);
  const log = memoryLog();
  const result = await stage.run({
    config: parseConfig(FeaturesConfig, config, 'features', 'c.json'),
    inputs: soleInputs({ dataset: { folder: join(dir, ingest) }, encoder: { folder: join(dir, 'pretrain') } }),
    out,
    work: out,
    log,
    seed: 1,
    signal: new AbortController().signal,
  });
  return { result, log, out, info: readFeaturesInfo(out) };
}

const files = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('the stage features', () => {
  it('writes the features of both splits, of the encoder and of what it is compared with, and says what they are', async () => {
    const { info, out, log, result } = await run('a', {});
    const encoder = await openEncoder(join(dir, 'pretrain'));
    const { digest } = loadPixels(join(dir, 'ingest/small/test'));
    expect(info).toMatchObject({
      dataset: 'small',
      classes: ['a', 'b'],
      encoder: { digest: encoder.digest, parameters: encoder.parameters },
      splits: { train: { rows: 20 }, test: { rows: 9, digest } },
      kinds: [
        { kind: 'pretrained', dim: 32 },
        { kind: 'random-init', dim: 32 },
        { kind: 'pixels', dim: 64 },
      ],
    });
    const { data, labels } = loadPixels(join(dir, 'ingest/small/train'));
    const images = Float32Array.from(data, (value) => value / 255);
    const train = readFeatures(featuresPath(out, 'pretrained', 'train'));
    expect(train.labels).toEqual(labels);
    expect(train.features).toEqual(Float32Array.from(await encoder.embed(images)));
    expect(readFeatures(featuresPath(out, 'pixels', 'train')).features).toEqual(images);
    encoder.dispose();
    const { value } = log.logged.metrics.find(({ key }) => key === 'images_per_second/small')!;
    expect(result.metrics).toEqual({ 'images_per_second/small': value });
    expect(log.logged.params['encoder.hash']).toBe(encoder.digest);
    expect(log.logged.datasets.map(({ name }) => name)).toEqual(['small/train', 'small/test']);
  });

  it('takes them from another place in the encoder, and says so', async () => {
    const { info } = await run('tapped', { tap: 'block_group2', baselines: false });
    expect(info.encoder).toMatchObject({ tap: 'block_group2' });
    expect(info.kinds).toEqual([{ kind: 'pretrained', dim: 8 }]);
    await expect(run('z', { tap: 'proj_head_output' })).rejects.toThrow(/^no such tap: proj_head_output\. /);
  });

  it('takes the dataset that is named, or the only one, resized to what the encoder takes, with its validation split', async () => {
    const named = await run('named', { dataset: 'large', baselines: false });
    expect(named.info.kinds).toEqual([{ kind: 'pretrained', dim: 32 }]);
    expect(files(named.out)).toEqual([
      'features.json',
      'features/pretrained/test.arrow',
      'features/pretrained/train.arrow',
      'images.json',
    ]);
    const only = await run('only', { baselines: false }, 'alone');
    expect(only.info).toEqual(named.info);
    const official = await run('with-validation', { baselines: false }, 'official');
    expect(official.info.splits).toMatchObject({ train: { rows: 20 }, validation: { rows: 6 }, test: { rows: 9 } });
    expect(readFeatures(featuresPath(official.out, 'pretrained', 'validation')).labels).toHaveLength(6);
    await expect(run('none', { dataset: 'dots' })).rejects.toThrow(
      'unknown dataset: dots. the stages before write: large, small. correct features.dataset in the config',
    );
  });
});

it('plans: what cannot be extracted is found out before anything runs', () => {
  const plan = (config: object, datasets: StagePlan['datasets'], channels: 1 | 3 = 3) =>
    planFeatures(
      parseConfig(FeaturesConfig, config, 'features', 'c.json'),
      soleInputs<{ plan: StagePlan }>({
        dataset: { plan: { facts: {}, ...(datasets && { datasets }) } },
        encoder: { plan: { facts: {}, encoder: { dataset: 'pets', inputShape: [8, 8, channels] } } },
      }),
    ).facts.dataset;
  const [raw, asFiles] = [{ shape: [32, 32, 3] as const }, { shape: null }];
  expect(plan({}, { birds: raw })).toBe('birds');
  expect(plan({}, { birds: raw, pets: asFiles })).toBe('pets');
  expect(plan({ dataset: 'birds' }, { birds: raw, pets: asFiles }, 1)).toBe('birds');
  expect(() => plan({}, { birds: raw, pets: asFiles }, 1)).toThrow(/^channels differ: pets is decoded to 3, /);
  expect(() => plan({ dataset: 'cats' }, { birds: raw })).toThrow(
    /^unknown dataset: cats\. the stages before write: birds\./,
  );
});
