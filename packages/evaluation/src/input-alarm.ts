import type { Flag } from '@simclr/artifacts';
import { type Encoder, extractFeatures } from '@simclr/encoders';
import { type Neighbours, neighbourSteps } from '@simclr/probe';
import type { EvaluationImages } from '@simclr/views';
import { heard } from './heard.ts';
import { type AffineInput, alternativesOf } from './input-alternatives.ts';

/** Images that are looked at: so many of a class, of so many classes. */
interface Sample {
  perClass: number;
  classes: number;
  /** Average precision that another way must gain, so that nothing is told of what hardly matters. */
  gain: number;
}
const GLANCE: Sample = { perClass: 6, classes: 40, gain: 0.01 };
/** Where another way to feed the encoder seems no worse at a glance: differences are small beside those of few images. */
const CLOSER: Sample = { perClass: 12, classes: 102, gain: 0.02 };

/** What another way must gain to be told of: standard errors of the mean difference over the images. */
const ERRORS = 3.5;

/** Another way beside the one that is stated. */
interface Found {
  way: AffineInput;
  /** Mean average precision, of the stated way and of this one. */
  stated: number;
  precision: number;
  /** Standard errors that it is better by. */
  errors: number;
}

/**
 * Whether an encoder of another program seems to be fed otherwise than it was trained: training images are given to it as
 * it is stated, and in the ways that mistakes have (another range, other mean and deviation, blue first). Where one of those
 * finds images of the same class clearly better among the others, the statement is likely wrong. A few images show most
 * mistakes; ways that are no worse on them are tried on five times as many.
 *
 * Measured with EfficientNet-Lite0 on Caltech-101: as it was trained, -1..1, no other way is better at a glance (the best:
 * −2.1 errors). Fed wrongly it is told: 0..255 (22 errors), ImageNet's mean and deviation (6.1), blue first (4.1); 0..1,
 * which it hardly minds, by 1.6 at a glance and 10.7 closer, where -1..1 has an average precision of 68 % and not 65 %.
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
  const look = async (sample: Sample, ways: readonly AffineInput[]) => {
    const found = await compared(encoder, train, sampleRows(train.labels, sample), ways, signal);
    const clear = found.filter((other) => other.errors >= ERRORS && other.precision - other.stated >= sample.gain);
    return { found, best: clear.sort((a, b) => b.errors - a.errors)[0] };
  };
  const glance = await look(GLANCE, alternativesOf(encoder.preprocessing, train.shape[2]));
  const open = glance.found.filter(({ errors }) => errors > 0).map(({ way }) => way);
  const best = glance.best ?? (open.length > 0 ? (await look(CLOSER, open)).best : undefined);
  if (!best) return [];
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const message = `${dataset}: with ${best.way.name} the encoder finds training images of the same class better than as its preprocessing is stated, by ${best.errors.toFixed(1)} standard errors (average precision ${percent(best.precision)} against ${percent(best.stated)}). correct range, mean, std or channels`;
  return [{ kind: 'input-range', dataset, message }];
}

/** How other ways to feed an encoder do on some rows, beside the stated one. */
async function compared(
  encoder: Encoder,
  train: EvaluationImages,
  rows: Uint32Array,
  ways: readonly AffineInput[],
  signal: AbortSignal | undefined,
): Promise<Found[]> {
  const labels = Int32Array.from(rows, (row) => train.labels[row]!);
  if (new Set(labels).size < 2) return [];
  const precisions = async (way?: AffineInput) => {
    const fed = feed(train, rows, way);
    const features = await extractFeatures(encoder, fed, rows.length, () => signal?.throwIfAborted());
    const finite = features.map((value) => (Number.isFinite(value) ? value : 0));
    const { featureDim: dim } = encoder;
    return averagePrecisions(await heard(neighbourSteps(finite, finite, dim, rows.length), { signal }), labels);
  };
  const stated = await precisions();
  const found: Found[] = [];
  for (const way of ways) {
    const others = await precisions(way);
    found.push({ way, stated: meanOf(stated), precision: meanOf(others), errors: errorsOf(others, stated) });
  }
  return found;
}

/** Rows of the first classes, the same number of each where there are as many. */
function sampleRows(labels: Int32Array, { perClass, classes }: Sample): Uint32Array {
  const taken = new Map<number, number[]>();
  for (const [row, label] of labels.entries()) {
    if (!taken.has(label) && taken.size === classes) continue;
    const rows = taken.get(label) ?? [];
    if (rows.length < perClass) taken.set(label, [...rows, row]);
  }
  return Uint32Array.from([...taken.values()].flat()).sort();
}

async function* feed({ shape, batches }: EvaluationImages, rows: Uint32Array, way: AffineInput | undefined) {
  for await (const images of batches(rows)) yield way ? way.apply(images, shape[2]) : images;
}

/** Of each row, how well the others of its class come first among all others, by cosine: average precision, [rows]. */
function averagePrecisions({ rows, k }: Neighbours, labels: Int32Array): number[] {
  return Array.from(labels, (label, row) => {
    let [place, hits, sum] = [0, 0, 0];
    for (const other of rows.subarray(row * k, (row + 1) * k)) {
      if (other === row) continue;
      place++;
      if (labels[other] === label) sum += ++hits / place;
    }
    return hits > 0 ? sum / hits : 0;
  });
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** How many of its standard errors the mean difference of two lists is. */
function errorsOf(a: readonly number[], b: readonly number[]): number {
  const differences = a.map((value, i) => value - b[i]!);
  const mean = meanOf(differences);
  const square = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(square / (differences.length - 1) / differences.length);
  return error > 0 ? mean / error : 0;
}
