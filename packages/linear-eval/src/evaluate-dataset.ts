import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { FeatureKind, FeatureSet, KnnRow, ResultRow } from '@simclr/artifacts';
import { extractFeatures, knn, linearProbe, stratifiedSubset, takeRows, topOne } from '@simclr/probe';
import type { StageLog } from '@simclr/stage';
import type { EvaluationImages } from '@simclr/views';
import type { ProbeConfig } from './config.ts';
import { type Encoder, hashWeights, randomWeights } from './encoder.ts';

export interface Evaluation {
  rows: ResultRow[];
  /** Features of the pretrained encoder. */
  train: FeatureSet;
  test: FeatureSet;
  /** Predicted test classes of each row, in the rows' order, for significance tests. */
  predictions: Int32Array[];
  knn: KnnRow[];
}

export interface EvaluateOptions {
  name: string;
  /** In the encoder's input shape. */
  train: EvaluationImages;
  test: EvaluationImages;
  encoder: Encoder;
  config: ProbeConfig;
  seed: number;
  log: StageLog;
  /** Ends the evaluation, with the signal's reason, between batches and between fits. */
  signal?: AbortSignal;
}

/** Streams of the draws of labelled subsets, apart from others of the seed. */
const SUBSET_STREAM = 0x737562;

/** What pixels a probe can be fitted to: its solver factors a matrix of the values of an image squared. */
const PIXELS = { perImage: 4096, inAll: 5e8 };

/**
 * Linear evaluation of one dataset: pretrained features, the same network untrained, raw pixels where they are few enough;
 * all labels and some.
 */
export async function evaluateDataset(options: EvaluateOptions): Promise<Evaluation> {
  const { name, train, test, encoder, config, seed, log, signal } = options;
  const { graph, weights } = encoder;
  const before = hashWeights(weights);
  const kinds: FeatureKind[] = config.baselines ? ['pretrained', 'random-init'] : ['pretrained'];
  if (config.baselines && fewPixels(options)) kinds.push('pixels');
  const progress = log.progress(kinds.length * (train.rows + test.rows), 'images');
  const rows: ResultRow[] = [];
  const predictions: Int32Array[] = [];
  const knnRows: KnnRow[] = [];
  const seconds = stopwatch();
  let pretrained: { train: FeatureSet; test: FeatureSet } | undefined;

  for (const [kind, features] of kinds.entries()) {
    const base = kind * (train.rows + test.rows);
    const extract = async (split: EvaluationImages, from: number): Promise<FeatureSet> => {
      const { rows, labels } = split;
      if (features === 'pixels') return pixelsOf(split);
      const values = await extractFeatures(graph, split.batches(), rows, (done) => {
        signal?.throwIfAborted();
        progress.update(base + from + done, `${name} ${features}`);
      });
      return { features: values, labels, dim: values.length / rows };
    };
    if (features !== 'pixels') graph.write(features === 'pretrained' ? weights : randomWeights(encoder, seed));
    const sets = { train: await extract(train, 0), test: await extract(test, train.rows) };
    seconds.take('extraction');
    if (features === 'pretrained') {
      assertUnchanged(encoder, before);
      pretrained = sets;
    }
    const k = Math.min(config.knn.k, train.rows);
    const accuracy = knnTopOne(sets.train, sets.test, { ...config.knn, k }, train.classes.length);
    knnRows.push({ dataset: name, features, k, trainRows: train.rows, testRows: test.rows, accuracy });
    seconds.take('knn');
    for (const labelFraction of config.labelFractions) {
      const draws = labelFraction < 1 ? config.draws : 1;
      for (let draw = 0; draw < draws; draw++) {
        await turn(); // A fit is synchronous: signals are heard before the next.
        signal?.throwIfAborted();
        let subset = sets.train;
        if (labelFraction < 1) {
          const chosen = stratifiedSubset(train.labels, labelFraction, seed, SUBSET_STREAM + draw);
          // The same rows for every kind of features.
          log.params({ [`rows.${name}${fractionSuffix(labelFraction)}.${draw}`]: hashRows(chosen) });
          subset = takeRows(sets.train, chosen);
        }
        const fitted = linearProbe(subset, sets.test, { ...config, classes: train.classes.length, seed: seed + draw });
        const { l2, validationAccuracy, validationLoss, folds, accuracy } = fitted;
        rows.push({
          dataset: name,
          features,
          labelFraction,
          draw,
          trainRows: subset.labels.length,
          testRows: test.rows,
          l2,
          validationAccuracy,
          validationLoss,
          folds,
          accuracy,
        });
        predictions.push(fitted.predictions);
      }
    }
    seconds.take('probe');
  }
  progress.stop();
  tellSeconds(name, seconds.taken, log);
  return { rows, predictions, knn: knnRows, ...pretrained! };
}

/** Adds up where the time goes: what passed since the last take, or the start, counts for what is named. */
function stopwatch() {
  let last = performance.now();
  const taken = { extraction: 0, probe: 0, knn: 0 };
  return {
    /** Seconds. */
    taken,
    take(part: keyof typeof taken): void {
      const now = performance.now();
      taken[part] += (now - last) / 1000;
      last = now;
    },
  };
}

/** A metric of the run, not of the results: it is another each time. */
function tellSeconds(name: string, taken: Record<'extraction' | 'probe' | 'knn', number>, log: StageLog): void {
  const of = (seconds: number) => `${seconds.toFixed(1)} s`;
  log.info(`${name}: features ${of(taken.extraction)}, kNN ${of(taken.knn)}, probes ${of(taken.probe)}`);
  log.metrics(Object.fromEntries(Object.entries(taken).map(([part, seconds]) => [`seconds/${name}/${part}`, seconds])));
}

const valuesOf = ({ shape }: EvaluationImages): number => shape[0] * shape[1] * shape[2];

/** Whether raw pixels can be evaluated; says so where not. */
function fewPixels({ name, train, test, log }: EvaluateOptions): boolean {
  const values = valuesOf(train);
  if (values <= PIXELS.perImage && values * (train.rows + test.rows) <= PIXELS.inAll) return true;
  const [perImage, inAll] = [PIXELS.perImage, PIXELS.inAll].map((limit) => limit.toLocaleString('en-US'));
  log.info(
    `${name}: no baseline of raw pixels: ${train.shape.join('×')} are too many for a probe. allowed: ${perImage} values an image, ${inAll} in all`,
  );
  return false;
}

async function pixelsOf(images: EvaluationImages): Promise<FeatureSet> {
  const dim = valuesOf(images);
  const features = new Float32Array(images.rows * dim);
  let at = 0;
  for await (const batch of images.batches()) {
    features.set(batch, at);
    at += batch.length;
  }
  return { features, labels: images.labels, dim };
}

function knnTopOne(train: FeatureSet, test: FeatureSet, config: ProbeConfig['knn'], classes: number): number {
  const bank = { bank: train.features, bankLabels: train.labels };
  return topOne(knn({ ...bank, queries: test.features, classes, ...config }), test.labels);
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
  for (const { features, accuracy } of knn) metrics[`${prefix}-knn/${features}/top_1_accuracy`] = accuracy;
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
