import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preprocessing, type ResizeName, writeEncoderInfo } from '@simclr/artifacts';
import { featureDim, initResNet, type ResNetConfig, saveSafetensors } from '@simclr/nn';
import { closeEncoded, loadEncoded, writeEncodedSplit } from '@simclr/shards';
import { compile } from '@simclr/tensorflow';
import { evaluationImages, evaluationPolicy } from '@simclr/views';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportEncoder } from './export-encoder.ts';
import { readEncoder } from './read-encoder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const python = join(root, '.venv/bin/python');
const hasPython = existsSync(python) && existsSync(join(root, '.venv/.test-packages'));

const dir = mkdtempSync(join(tmpdir(), 'fed-'));
afterAll(() => rmSync(dir, { recursive: true }));

const network: ResNetConfig = { depth: 10, width: 8, stem: 'cifar', channels: 3 };
const inputShape: [number, number, number] = [48, 48, 3];
const described = {
  architecture: network,
  inputShape,
  featureDim: featureDim(network),
  policy: 'crop',
  dataset: 'd',
  steps: 1,
  seed: 3,
  precision: 'fp32',
} as const;

/** A picture with fine stripes, which a resize without antialiasing folds. */
function picture(height: number, width: number, channels: 1 | 3) {
  const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width)];
    return 128 + 70 * Math.sin(x / 40 + c) * Math.cos(y / 30) + 50 * Math.sin((x * (3 + c) + 2 * y) / 5);
  });
  return sharp(pixels, { raw: { height, width, channels } });
}

const files = ['tall.png', 'wide.png', 'small.png', 'grey.png', 'turned.jpg'].map((name) => join(dir, name));
beforeAll(async () => {
  const makers = [
    picture(310, 203, 3).png(),
    picture(97, 250, 3).png(),
    picture(31, 40, 3).png(),
    picture(150, 150, 1).png(),
    picture(160, 240, 3).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }),
  ];
  for (const [i, maker] of makers.entries()) writeFileSync(files[i]!, await maker.toBuffer());
});

/** An encoder that wants its images so, and its features of the files as a stage would extract them. */
async function encoderFed(resize: ResizeName): Promise<{ folder: string; ours: Float32Array }> {
  const folder = join(dir, resize);
  const how = preprocessing(inputShape, 0.875, resize);
  const { params, stats } = initResNet(network, 3);
  for (const [name, { data }] of Object.entries(params)) if (name.endsWith('/gamma')) data.fill(1);
  saveSafetensors(join(folder, 'encoder.safetensors'), { ...params, ...stats });
  writeEncoderInfo(folder, { ...described, preprocessing: how });

  const split = join(folder, 'files');
  const rows = files.map((path) => ({ bytes: readFileSync(path), path, label: 0 }));
  await writeEncodedSplit(split, { classes: ['a'], shape: null }, rows, { dataset: 'd', split: 'test' });
  const encoded = loadEncoded(split);
  const { reference, weights } = readEncoder(folder);
  const graph = await compile(reference, { cache: join(dir, 'graphs') });
  graph.write(weights);
  const ours: number[] = [];
  for await (const images of evaluationImages(encoded, evaluationPolicy(how), 0).batches())
    ours.push(...graph.run({ images }).features!.data);
  graph.dispose();
  closeEncoded(encoded);
  return { folder, ours: Float32Array.from(ours) };
}

/** Largest difference of features of a file, over the largest feature. */
function differences(theirs: number[][], ours: Float32Array): number[] {
  const dim = featureDim(network);
  return theirs.map((features, row) => {
    const own = ours.subarray(row * dim, (row + 1) * dim);
    const largest = Math.max(...own.map(Math.abs));
    return Math.max(...features.map((value, i) => Math.abs(value - own[i]!))) / largest;
  });
}

const run = (...args: string[]): number[][] =>
  execFileSync(python, args, { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(' ').slice(1).map(Number));

/** The Python block of docs/preprocessing.md, which resizes by Pillow alone. */
const pillow = /```python\n(.*?)```/s.exec(readFileSync(join(root, 'docs/preprocessing.md'), 'utf8'))![1]!;

it('a SavedModel carries it beside its graph', async () => {
  const folder = join(dir, 'for-tensorflow');
  const how = preprocessing(inputShape, 1, 'antialias');
  const { params, stats } = initResNet(network, 3);
  saveSafetensors(join(folder, 'encoder.safetensors'), { ...params, ...stats });
  writeEncoderInfo(folder, { ...described, preprocessing: how });
  await exportEncoder(folder, join(folder, 'model'));
  const carried = readFileSync(join(folder, 'model/assets.extra/preprocessing.json'), 'utf8');
  expect(JSON.parse(carried)).toEqual(how);
});

describe.skipIf(!hasPython)('images that Python made (skipped where npm test has not installed Pillow)', () => {
  it.each([
    'bicubic',
    'legacy',
    'antialias',
    'bilinear',
    'bilinear_antialias',
  ] as const)('%s: encode.py gives our features', async (resize) => {
    const { folder, ours } = await encoderFed(resize);
    const model = join(folder, 'encoder.onnx');
    await exportEncoder(folder, model);
    const byNumpy = differences(run(join(root, 'tools/export/encode.py'), model, ...files), ours);
    const byPillow = differences(run('-c', pillow, model, ...files), ours);
    for (const difference of byNumpy) expect(difference).toBeLessThan(1e-4);
    // Pillow's own resize rounds to whole 255ths, and always antialiases: what shrinks without is another image.
    if (resize.endsWith('antialias')) for (const difference of byPillow) expect(difference).toBeLessThan(2e-3);
    else expect(byPillow[0]).toBeGreaterThan(0.02);
  });
});
