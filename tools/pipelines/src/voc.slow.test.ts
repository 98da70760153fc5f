import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  packFloats,
  preprocessing,
  readFeatures,
  readFeaturesInfo,
  readPredictions,
  readResults,
  unpackFloats,
  writeEncoderInfo,
} from '@simclr/artifacts';
import { initResNet, saveSafetensors } from '@simclr/nn';
import { meanAveragePrecision } from '@simclr/probe';
import { addressed } from '@simclr/stage';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runStage } from './testing/run-stage.ts';

// PASCAL VOC 2007 in its official layout and sizes, of small pictures: what an image is of are the colours of its parts.
const NAMES =
  'aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split(
    ' ',
  );
const SIZES = { train: 2501, val: 2510, test: 4952 };
let dir: string;

/** Half of an image by class: a colour of its own, and both halves where there are two. */
async function pictures(): Promise<Buffer[][]> {
  const colour = (c: number) => [(c * 83) % 256, (c * 151 + 60) % 256, (c * 47 + 120) % 256];
  return Promise.all(
    NAMES.map((_, left) =>
      Promise.all(
        NAMES.map((_, right) => {
          const pixels = Uint8Array.from({ length: 3 * 16 * 16 }, (_, at) => {
            return colour(Math.floor(at / 3) % 16 < 8 ? left : right)[at % 3]!;
          });
          return sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } })
            .png()
            .toBuffer();
        }),
      ),
    ),
  );
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'voc-'));
  const images = await pictures();
  const random = addressed(1);
  const object = (c: number, difficult: boolean) =>
    `<object><name>${NAMES[c]}</name><difficult>${Number(difficult)}</difficult></object>`;
  for (const [archive, lists] of [
    ['VOCtrainval_06-Nov-2007.tar', ['train', 'val']],
    ['VOCtest_06-Nov-2007.tar', ['test']],
  ] as const) {
    const at = join(dir, archive.slice(0, 7), 'VOCdevkit/VOC2007');
    for (const folder of ['Annotations', 'JPEGImages', 'ImageSets/Main'])
      mkdirSync(join(at, folder), { recursive: true });
    for (const list of lists) {
      const ids = Array.from({ length: SIZES[list] }, (_, i) => `${list}${i}`);
      for (const id of ids) {
        const [left, right] = [Math.floor(20 * random.next()), Math.floor(20 * random.next())];
        // What is on the right is difficult now and then.
        const xml = `<annotation>${object(left, false)}${object(right, random.next() < 0.1)}</annotation>`;
        writeFileSync(join(at, 'Annotations', `${id}.xml`), xml);
        writeFileSync(join(at, 'JPEGImages', `${id}.jpg`), images[left]![right]!);
      }
      writeFileSync(join(at, 'ImageSets/Main', `${list}.txt`), `${ids.join('\n')}\n`);
    }
    mkdirSync(join(dir, 'archives'), { recursive: true });
    execFileSync('tar', ['-cf', join(dir, 'archives', archive), '-C', join(dir, archive.slice(0, 7)), 'VOCdevkit']);
  }
  const architecture = { depth: 10, width: 8, stem: 'cifar', channels: 3 } as const;
  const { params, stats } = initResNet(architecture, 1);
  saveSafetensors(join(dir, 'pretrain/encoder.safetensors'), { ...params, ...stats });
  writeEncoderInfo(join(dir, 'pretrain'), {
    architecture,
    inputShape: [16, 16, 3],
    preprocessing: preprocessing([16, 16, 3], 1, 'bicubic'),
    featureDim: 64,
    policy: 'crop',
    dataset: 'x',
    steps: 1,
    seed: 1,
    precision: 'fp32',
  });
});
afterAll(() => rmSync(dir, { recursive: true }));

const run = (name: string, config: object, inputs: string[]) => runStage(dir, name, config, inputs);

it('VOC goes from its archives to mAP: λ chosen on val, refitted on trainval, difficult objects left out', {
  timeout: 300_000,
}, async () => {
  process.env.SIMCLR_ARCHIVES = join(dir, 'archives');
  try {
    await run('ingest', { datasets: [{ name: 'voc2007', size: 16, repacked: true }] }, []);
  } finally {
    delete process.env.SIMCLR_ARCHIVES;
  }
  const features = await run('features', { baselines: false }, ['ingest', 'pretrain']);
  const info = readFeaturesInfo(features.out);
  expect(info).toMatchObject({ dataset: 'voc2007', metric: '11-point-map', severalLabels: true });
  const { labels } = readFeatures(join(features.out, 'features/pretrained/test.arrow'));
  expect(labels).toHaveLength(4952 * 20);
  const difficult = labels.filter((label) => label === 0).length;
  expect(info.difficult).toBe(difficult);
  expect(difficult).toBeGreaterThan(300);

  const config = { protocols: ['linear', 'knn'], l2s: [0.01, 1, 100] };
  const { metrics, out } = await run('transfer', config, ['features']);
  const { rows, flags } = readResults(out);
  expect(flags.filter(({ kind }) => kind !== 'train-test-duplicates')).toEqual([]);
  const [linear, knn] = rows;
  expect(linear).toMatchObject({ metric: '11-point-map', trainRows: 5011, testRows: 4952, folds: 1 });
  expect(linear!.curve!.map(({ at }) => at.l2)).toEqual([100, 1, 0.01]);
  expect(linear!.validationScore).toBe(Math.max(...linear!.curve!.map(({ score }) => score)));
  expect(linear!.score).toBeGreaterThan(0.6);
  expect(linear!.top1).toBeGreaterThan(linear!.score - 0.3);
  expect(knn!.score).toBeGreaterThan(0.3);
  expect(metrics).toMatchObject({
    'voc2007/pretrained/11_point_map': linear!.score,
    'voc2007/pretrained/top_1_accuracy': linear!.top1,
  });

  // From what is in the files alone, and where difficult ones counted as absent the number would be another.
  const { tests, predictions } = readPredictions(out);
  const scores = unpackFloats(predictions[0]!.scores!);
  expect(packFloats(scores)).toBe(predictions[0]!.scores);
  expect(meanAveragePrecision(scores, tests[0]!.labels, 20)).toBe(linear!.score);
  const counted = tests[0]!.labels.map((label) => (label === 0 ? -1 : label));
  expect(meanAveragePrecision(scores, counted, 20)).toBeLessThan(linear!.score - 0.001);
});
