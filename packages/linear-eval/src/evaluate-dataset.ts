import { createHash } from 'node:crypto';
import { extractFeatures, type FeatureSet, knn, linearProbe, stratifiedSubset, takeRows, topOne } from '@simclr/probe';
import type { Pixels } from '@simclr/shards';
import type { StageLog } from '@simclr/stage';
import type { ProbeConfig } from './config.ts';
import { type Encoder, hashWeights, randomWeights } from './encoder.ts';

export type FeatureKind = 'pretrained' | 'random-init' | 'pixels';

/** One fitted probe. Accuracies are fractions of the test rows. */
export interface ResultRow {
  dataset: string;
  features: FeatureKind;
  labelFraction: number;
  /** Number of the subset's draw. */
  draw: number;
  trainRows: number;
  testRows: number;
  /** Chosen on held-out training rows. */
  l2: number;
  validationAccuracy: number;
  accuracy: number;
}

export interface Evaluation {
  rows: ResultRow[];
  /** Features of the pretrained encoder. */
  train: FeatureSet;
  test: FeatureSet;
  /** Predicted test classes of each row, in the rows' order, for significance tests. */
  predictions: Int32Array[];
  /** Test accuracy of weighted kNN over all training rows. */
  knn: Partial<Record<FeatureKind, number>>;
}

export interface EvaluateOptions {
  name: string;
  train: Pixels;
  test: Pixels;
  encoder: Encoder;
  config: ProbeConfig;
  seed: number;
  log: StageLog;
}

/** Streams of the draws of labelled subsets, apart from others of the seed. */
const SUBSET_STREAM = 0x737562;

/** Linear evaluation of one dataset: pretrained features, the same network untrained, raw pixels; all labels and some. */
export function evaluateDataset(options: EvaluateOptions): Evaluation {
  const { name, train, test, encoder, config, seed, log } = options;
  const { graph, weights } = encoder;
  const before = hashWeights(weights);
  const kinds: FeatureKind[] = config.baselines ? ['pretrained', 'random-init', 'pixels'] : ['pretrained'];
  const progress = log.progress(kinds.length * (train.rows + test.rows), 'images');
  const rows: ResultRow[] = [];
  const predictions: Int32Array[] = [];
  const knnAccuracy: Evaluation['knn'] = {};
  let pretrained: { train: FeatureSet; test: FeatureSet } | undefined;

  kinds.forEach((features, k) => {
    const base = k * (train.rows + test.rows);
    const extract = (split: Pixels, from: number): FeatureSet => {
      const { data, labels } = split;
      if (features === 'pixels') return { features: toUnit(data), labels, dim: data.length / split.rows };
      const values = extractFeatures(graph, data, split.rows, (done) =>
        progress.update(base + from + done, `${name} ${features}`),
      );
      return { features: values, labels, dim: values.length / split.rows };
    };
    if (features !== 'pixels') graph.write(features === 'pretrained' ? weights : randomWeights(encoder, seed));
    const sets = { train: extract(train, 0), test: extract(test, train.rows) };
    if (features === 'pretrained') {
      assertUnchanged(encoder, before);
      pretrained = sets;
    }
    knnAccuracy[features] = knnTopOne(sets.train, sets.test, config.knn, train.classes.length);
    for (const labelFraction of config.labelFractions) {
      const draws = labelFraction < 1 ? config.draws : 1;
      for (let draw = 0; draw < draws; draw++) {
        let subset = sets.train;
        if (labelFraction < 1) {
          const chosen = stratifiedSubset(train.labels, labelFraction, seed, SUBSET_STREAM + draw);
          // The same rows for every kind of features.
          log.params({ [`rows.${name}${fractionSuffix(labelFraction)}.${draw}`]: hashRows(chosen) });
          subset = takeRows(sets.train, chosen);
        }
        const fitted = linearProbe(subset, sets.test, { ...config, classes: train.classes.length, seed: seed + draw });
        const { l2, validationAccuracy, accuracy } = fitted;
        rows.push({
          dataset: name,
          features,
          labelFraction,
          draw,
          trainRows: subset.labels.length,
          testRows: test.rows,
          l2,
          validationAccuracy,
          accuracy,
        });
        predictions.push(fitted.predictions);
      }
    }
  });
  progress.stop();
  return { rows, predictions, knn: knnAccuracy, ...pretrained! };
}

/** Uint8 pixels in [0, 1]. A loop: Float32Array.from with a function takes six seconds for 60,000 images of 28 px. */
function toUnit(pixels: Uint8Array): Float32Array {
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) values[i] = pixels[i]! / 255;
  return values;
}

function knnTopOne(train: FeatureSet, test: FeatureSet, config: ProbeConfig['knn'], classes: number): number {
  const k = Math.min(config.k, train.labels.length);
  const bank = { bank: train.features, bankLabels: train.labels };
  return topOne(knn({ ...bank, queries: test.features, classes, k, temperature: config.temperature }), test.labels);
}

/** Digest of a choice of rows. */
const hashRows = (rows: Uint32Array): string => createHash('sha256').update(rows).digest('hex').slice(0, 16);

/** A linear evaluation that trained its encoder is none (a mistake that published results were made with). */
function assertUnchanged({ graph }: Encoder, before: string): void {
  const after = hashWeights(graph.read());
  if (after !== before) throw new Error(`encoder changed during evaluation: ${before} became ${after}`);
}

/**
 * `linear/pretrained/top_1_accuracy`, or `linear-1pct/…`: the mean over draws, and the deviation where there are several;
 * `linear-knn/…` by kNN.
 */
export function summaryMetrics(
  { rows, knn }: Pick<Evaluation, 'rows' | 'knn'>,
  prefix: string,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [key, group] of Map.groupBy(
    rows,
    (row) => `${prefix}${fractionSuffix(row.labelFraction)}/${row.features}`,
  )) {
    const mean = meanAccuracy(group);
    metrics[`${key}/top_1_accuracy`] = mean;
    if (group.length < 2) continue;
    const square = group.reduce((sum, row) => sum + (row.accuracy - mean) ** 2, 0);
    metrics[`${key}/top_1_accuracy_std`] = Math.sqrt(square / (group.length - 1));
  }
  for (const [features, accuracy] of Object.entries(knn))
    metrics[`${prefix}-knn/${features}/top_1_accuracy`] = accuracy;
  return metrics;
}

const fractionSuffix = (fraction: number): string => (fraction === 1 ? '' : `-${percent(fraction)}pct`);

/** A fraction in per cent, without the digits of rounding: `0.07` → `7`. */
const percent = (fraction: number): number => Number((100 * fraction).toPrecision(3));

const meanAccuracy = (rows: ResultRow[]): number => rows.reduce((sum, row) => sum + row.accuracy, 0) / rows.length;

/** Says the accuracies in one line a label fraction. */
export function tellRows(rows: ResultRow[], log: StageLog): void {
  for (const [fraction, group] of Map.groupBy(rows, (row) => row.labelFraction)) {
    const means = [...Map.groupBy(group, (row) => row.features)].map(([features, same]) => {
      return `${features} ${(100 * meanAccuracy(same)).toFixed(1)} %`;
    });
    const labels = fraction === 1 ? 'all labels' : `${percent(fraction)} % of labels`;
    log.info(`${group[0]!.dataset}, ${labels}: ${means.join(', ')}`);
  }
}
