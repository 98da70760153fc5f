import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EncoderInfo,
  type History,
  preprocessing,
  type ResultRow,
  writeEncoderInfo,
  writeHistory,
  writeNeighbours,
  writePreview,
  writeResults,
} from '@simclr/artifacts';
import { writePixelSplit } from '@simclr/shards';
import type { StageInputs } from '@simclr/stage';
import sharp from 'sharp';

/** What the stages before `report` would have written, small, for tests. */
export interface FakeInputs {
  classes: string[];
  rows: { linear: ResultRow[]; transfer: ResultRow[] };
  /** Points of the training curves. */
  points: number;
  queries: number[];
  neighbours: number[][];
}

/** Rows of one dataset and label fraction, by feature kind: a top-1 for each draw. */
export function resultRows(
  dataset: string,
  labelFraction: number,
  accuracies: Partial<Record<ResultRow['features'], number[]>>,
  protocol: 'linear' | 'knn' = 'linear',
): ResultRow[] {
  return Object.entries(accuracies).flatMap(([features, draws]) =>
    draws.map((score, draw) => ({
      dataset,
      features: features as ResultRow['features'],
      protocol,
      labelFraction,
      draw,
      trainRows: Math.round(60_000 * labelFraction),
      testRows: 10_000,
      metric: 'top-1' as const,
      score,
      top1: score,
      choice: protocol === 'knn' ? { k: 20 } : { l2: 10 },
      ...(protocol === 'linear' && { validationScore: score, validationLoss: 0.5, folds: 1 }),
    })),
  );
}

/** With kNN of what has rows of all labels, two points below. */
const withKnn = (rows: ResultRow[]): ResultRow[] => [
  ...rows,
  ...rows.flatMap(({ dataset, features, labelFraction, score }) =>
    labelFraction === 1 ? resultRows(dataset, 1, { [features]: [score - 0.02] }, 'knn') : [],
  ),
];

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
    knn: [1, 2, 3, 4].map((epoch) => ({
      step: Math.round((points / 4) * 10 * epoch),
      epoch,
      accuracy: 0.86 - 0.2 / (epoch + 1),
      featureStd: 0.9,
      featureRank: 20 + epoch,
    })),
  };
}

export const fakeEncoder: EncoderInfo = {
  architecture: { depth: 18, width: 64, stem: 'cifar', channels: 1 },
  inputShape: [8, 8, 1],
  preprocessing: preprocessing([8, 8, 1], 1, 'bicubic'),
  featureDim: 512,
  policy: 'crop(area=0.2..1)|flip|jitter(0.5)',
  dataset: 'squares',
  steps: 12_345,
  seed: 7,
  precision: 'bf16',
};

/**
 * Writes them under `dir`, a folder a stage.
 * @returns the stage's `inputs`
 */
export async function writeFakeInputs(dir: string, fake: FakeInputs): Promise<StageInputs> {
  const input = (task: string) => ({ task, item: {}, folder: join(dir, task) });
  const inputs = {
    dataset: [input('ingest')],
    views: [input('augment')],
    encoder: [input('pretrain')],
    results: [input('linear-eval'), input('transfer')],
  };
  for (const { folder } of Object.values(inputs).flat()) mkdirSync(folder);
  for (const split of ['train', 'test']) {
    const rows = Array.from({ length: 20 }, (_, i) => ({
      pixels: Uint8Array.from({ length: 64 }, (_, j) => (12 * i + 3 * j) % 256),
      label: i % fake.classes.length,
    }));
    const features = { classes: fake.classes, shape: [8, 8, 1] as const };
    await writePixelSplit(join(dir, 'ingest/squares', split), features, rows, { dataset: 'squares', split });
  }
  const preview = sharp({ create: { width: 40, height: 20, channels: 3, background: '#abc' } });
  writePreview(join(dir, 'augment'), await preview.png().toBuffer());
  writeEncoderInfo(join(dir, 'pretrain'), fakeEncoder);
  writeHistory(join(dir, 'pretrain'), fakeHistory(fake.points));
  const { linear, transfer } = fake.rows;
  writeResults(join(dir, 'linear-eval'), { rows: withKnn(linear), flags: [] });
  writeNeighbours(join(dir, 'linear-eval'), { queries: fake.queries, neighbours: fake.neighbours });
  writeResults(join(dir, 'transfer'), { rows: withKnn(transfer), flags: [] });
  return inputs;
}
