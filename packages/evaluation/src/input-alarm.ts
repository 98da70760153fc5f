import type { Flag } from '@simclr/artifacts';
import { type Encoder, extractFeatures } from '@simclr/encoders';
import type { EvaluationImages } from '@simclr/views';
import { type AffineInput, alternativesOf } from './input-alternatives.ts';

/** Images that are looked at: so many of a class, of so many classes. */
const PER_CLASS = 6;
const CLASSES = 40;

/** What another way to feed an encoder must gain to be told of: standard errors of the mean difference over the images. */
const ERRORS = 3.5;
/** … and average precision, so that nothing is told of what hardly matters. */
const GAIN = 0.01;

/**
 * Whether an encoder of another program seems to be fed otherwise than it was trained: a few training images are given to it
 * as it is stated, and in the ways that mistakes have (another range, other mean and deviation, blue first). Where one of
 * those finds images of the same class clearly better among the others, the statement is likely wrong.
 *
 * Measured with EfficientNet-Lite0 on 240 images of Caltech-101: no alarm as it was trained, -1..1 (the best other way: −2.1
 * errors); one for 0..255 (22 errors), ImageNet's mean and deviation (6.1), blue first (4.1); none for 0..1 (2.1), which
 * finds as many nearest neighbours.
 *
 * Only images of the training split are looked at, and features are made as it is stated in any case.
 */
export async function inputAlarm(
  encoder: Encoder,
  dataset: string,
  train: EvaluationImages,
  signal?: AbortSignal,
): Promise<Flag[]> {
  if (!encoder.imported || train.labels.length !== train.rows) return [];
  const rows = sampleRows(train.labels);
  const labels = Int32Array.from(rows, (row) => train.labels[row]!);
  if (new Set(labels).size < 2) return [];
  const [, , channels] = train.shape;
  const images = await imagesOf(train, rows);
  const found = async (feed?: AffineInput) => {
    const given = feed ? feed.apply(images, channels) : images;
    return averagePrecisions(
      await extractFeatures(encoder, once(given), rows.length, () => signal?.throwIfAborted()),
      labels,
      encoder.featureDim,
    );
  };
  const stated = await found();
  let best: { name: string; precision: number; errors: number } | undefined;
  for (const other of alternativesOf(encoder.preprocessing, channels)) {
    const precisions = await found(other);
    const { mean, errors } = paired(precisions, stated);
    if (mean >= GAIN && errors >= ERRORS && errors > (best?.errors ?? 0))
      best = { name: other.name, precision: meanOf(precisions), errors };
  }
  if (!best) return [];
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const message = `${dataset}: with ${best.name} the encoder finds training images of the same class better than as its preprocessing is stated, by ${best.errors.toFixed(1)} standard errors (average precision ${percent(best.precision)} against ${percent(meanOf(stated))}). correct range, mean, std or channels`;
  return [{ kind: 'input-range', dataset, message }];
}

/** Rows of the first classes, the same number of each where there are as many. */
function sampleRows(labels: Int32Array): Uint32Array {
  const taken = new Map<number, number[]>();
  for (const [row, label] of labels.entries()) {
    if (!taken.has(label) && taken.size === CLASSES) continue;
    const rows = taken.get(label) ?? [];
    if (rows.length < PER_CLASS) taken.set(label, [...rows, row]);
  }
  return Uint32Array.from([...taken.values()].flat()).sort();
}

async function imagesOf(train: EvaluationImages, rows: Uint32Array): Promise<Float32Array> {
  const [height, width, channels] = train.shape;
  const images = new Float32Array(rows.length * height * width * channels);
  let at = 0;
  for await (const batch of train.batches(rows)) {
    images.set(batch, at);
    at += batch.length;
  }
  return images;
}

async function* once(images: Float32Array) {
  yield images;
}

/** Of each row, how well the others of its class come first among all others, by cosine: average precision, [rows]. */
function averagePrecisions(features: Float32Array, labels: Int32Array, dim: number): number[] {
  const directions = Array.from(labels, (_, row) => {
    const own = features.slice(row * dim, (row + 1) * dim).map((value) => (Number.isFinite(value) ? value : 0));
    const length = Math.hypot(...own) || 1;
    return own.map((value) => value / length);
  });
  return Array.from(labels, (label, row) => {
    const own = directions[row]!;
    const cosines = directions.map((other) => other.reduce((sum, value, i) => sum + value * own[i]!, 0));
    const others = [...cosines.keys()].filter((other) => other !== row).sort((a, b) => cosines[b]! - cosines[a]!);
    let [hits, sum] = [0, 0];
    for (const [place, other] of others.entries()) if (labels[other] === label) sum += ++hits / (place + 1);
    return hits > 0 ? sum / hits : 0;
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The mean difference of two lists, and how many of its standard errors that is. */
function paired(a: readonly number[], b: readonly number[]): { mean: number; errors: number } {
  const differences = a.map((value, i) => value - b[i]!);
  const mean = meanOf(differences);
  const square = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(square / (differences.length - 1) / differences.length);
  return { mean, errors: error > 0 ? mean / error : 0 };
}
