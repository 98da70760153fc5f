import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writePixelSplit } from '@simclr/shards';
import { writeFileAtomic, writeJson } from '@simclr/stage';
import sharp from 'sharp';
import type { EncoderInfo, History, KnnRow, ResultRow } from './results.ts';

/** What the stages before `report` would have written, small, for tests. */
export interface FakeInputs {
  classes: string[];
  rows: { linear: ResultRow[]; transfer: ResultRow[] };
  /** Points of the training curves. */
  points: number;
  queries: number[];
  neighbours: number[][];
}

/** Rows of one dataset and label fraction, by feature kind: an accuracy for each draw. */
export function resultRows(
  dataset: string,
  labelFraction: number,
  accuracies: Partial<Record<ResultRow['features'], number[]>>,
): ResultRow[] {
  return Object.entries(accuracies).flatMap(([features, draws]) =>
    draws.map((accuracy) => ({
      dataset,
      features: features as ResultRow['features'],
      labelFraction,
      trainRows: Math.round(60_000 * labelFraction),
      testRows: 10_000,
      accuracy,
    })),
  );
}

/** kNN of what has rows of all labels, two points below. */
const knnRows = (rows: ResultRow[]): KnnRow[] =>
  rows.flatMap(({ labelFraction, ...row }) => {
    return labelFraction === 1 ? [{ ...row, k: 20, accuracy: row.accuracy - 0.02 }] : [];
  });

/** Curves as in a real run: the loss falls, the accuracies rise, the rate follows half a cosine after a warm-up. */
export function fakeHistory(points: number): History {
  const along = Array.from({ length: points }, (_, i) => ({ step: 10 * (i + 1), at: (i + 1) / points }));
  return {
    train: along.map(({ step, at }) => ({
      step,
      epoch: 4 * at,
      loss: 4.6 * Math.exp(-3 * at) + 1.2 + 0.1 * Math.sin(37 * step),
      contrastAcc: 0.1 + 0.75 * (1 - Math.exp(-4 * at)),
      contrastEntropy: 3 * Math.exp(-2 * at) + 0.4,
      learningRate: at < 0.1 ? at * 3 : 0.15 * (1 + Math.cos(Math.PI * at)),
    })),
    knn: [1, 2, 3, 4].map((epoch) => ({ step: (points / 4) * 10 * epoch, epoch, accuracy: 0.86 - 0.2 / (epoch + 1) })),
  };
}

export const fakeEncoder: EncoderInfo = {
  architecture: { depth: 18, width: 64, stem: 'cifar', channels: 1 },
  inputShape: [8, 8, 1],
  featureDim: 512,
  policy: 'crop(area=0.2..1)|flip|jitter(0.5)',
  dataset: 'squares',
  steps: 12_345,
  seed: 7,
  precision: 'bf16',
};

/** Writes them under `dir`. @returns the stage's `inputs` */
export async function writeFakeInputs(dir: string, fake: FakeInputs): Promise<Record<string, string>> {
  const folders = ['ingest', 'augment', 'pretrain', 'linear-eval', 'transfer'];
  const inputs = Object.fromEntries(folders.map((stage) => [stage, join(dir, stage)]));
  for (const folder of Object.values(inputs)) mkdirSync(folder);
  const write = (stage: string, name: string, value: object) => writeJson(join(dir, stage, name), value);
  for (const split of ['train', 'test']) {
    const rows = Array.from({ length: 20 }, (_, i) => ({
      pixels: Uint8Array.from({ length: 64 }, (_, j) => (12 * i + 3 * j) % 256),
      label: i % fake.classes.length,
    }));
    const features = { classes: fake.classes, shape: [8, 8, 1] as const };
    await writePixelSplit(join(dir, 'ingest/squares', split), features, rows, { dataset: 'squares', split });
  }
  const preview = sharp({ create: { width: 40, height: 20, channels: 3, background: '#abc' } });
  writeFileAtomic(join(dir, 'augment/preview.png'), await preview.png().toBuffer());
  write('pretrain', 'encoder.json', fakeEncoder);
  write('pretrain', 'history.json', fakeHistory(fake.points));
  write('linear-eval', 'results.json', { rows: fake.rows.linear, knn: knnRows(fake.rows.linear) });
  write('linear-eval', 'neighbours.json', { queries: fake.queries, neighbours: fake.neighbours });
  write('transfer', 'results.json', { rows: fake.rows.transfer, knn: knnRows(fake.rows.transfer) });
  return inputs;
}
