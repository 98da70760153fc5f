import type { FeatureSet } from '@simclr/artifacts';
import { addressed, memoryLog, randomNormal } from '@simclr/stage';
import { ProbeConfig } from '../config.ts';
import { type Evaluation, evaluateFeatures } from '../evaluate-features.ts';
import type { FeatureSource, KindFeatures } from '../feature-source.ts';
import { sourceOf } from './source-of.ts';

export const CLASSES = ['ant', 'bee', 'cat', 'dog'];

/** Rows of four clouds, well apart by `signal` of 1. */
export function clouds(rows: number, seed: number, signal = 1): FeatureSet {
  const random = addressed(seed);
  const labels = Int32Array.from({ length: rows }, (_, row) => row % 4);
  const features = Float32Array.from({ length: rows * 4 }, (_, at) => {
    return (labels[at >> 2] === at % 4 ? 4 * signal : 0) + randomNormal(random);
  });
  return { features, labels, dim: 4 };
}

/** An encoder and pixels, of such signals. */
export const kinds = (encoder: number, pixels: number): KindFeatures[] => [
  { kind: 'pretrained', train: clouds(200, 1, encoder), test: clouds(80, 2, encoder) },
  { kind: 'pixels', train: clouds(200, 3, pixels), test: clouds(80, 4, pixels) },
];

const names = (from: number, rows: number) =>
  Array.from({ length: rows }, (_, i) => String(from + i).padStart(16, '0'));

/** Digests of their images. */
export const images = { train: names(0, 200), test: names(200, 80) };

/** The same rows with labels of several classes each; in the first test rows, another class is difficult. */
export const several = ({ labels, ...set }: FeatureSet, difficult: number): FeatureSet => ({
  ...set,
  labels: Int32Array.from({ length: 4 * labels.length }, (_, at) => {
    const row = at >> 2;
    if (row < difficult && at % 4 === (labels[row]! + 1) % 4) return 0;
    return labels[row] === at % 4 ? 1 : -1;
  }),
});

/** An evaluation that is right but for the overrides. */
export const evaluate = (
  overrides: Partial<FeatureSource> = {},
  config: object = {},
  sets: readonly KindFeatures[] = kinds(1, 0.2),
): Promise<Evaluation> =>
  evaluateFeatures(sourceOf(sets, { classes: CLASSES, images, ...overrides }), {
    config: ProbeConfig.parse({ l2s: [1], ...config }),
    seed: 1,
    log: memoryLog(),
  });
