import { AddressedStream, randomInt } from '@simclr/stage';
import { meanOfBest, recallsReached } from './average-precision.ts';
import type { ClassOutcome, Outcome, RankedOutcome } from './outcome.ts';

/** Stream of the draws of test rows. */
const BOOTSTRAP_STREAM = 0x626f6f;

export interface Interval {
  low: number;
  high: number;
}

/** Metric of test rows of which row i counts times[i] times. */
type Resampled = (times: Int32Array) => number;

function classes({ metric, labels, predicted }: ClassOutcome): Resampled {
  const classOf = metric === 'top-1' ? new Int32Array(labels.length) : labels;
  const count = classOf.reduce((most, label) => Math.max(most, label), 0) + 1;
  const [rows, right] = [new Float64Array(count), new Float64Array(count)];
  return (times) => {
    rows.fill(0);
    right.fill(0);
    for (let i = 0; i < times.length; i++) {
      rows[classOf[i]!]! += times[i]!;
      if (predicted[i] === labels[i]) right[classOf[i]!]! += times[i]!;
    }
    let [sum, known] = [0, 0];
    for (let c = 0; c < count; c++) {
      if (rows[c] === 0) continue;
      sum += right[c]! / rows[c]!;
      known++;
    }
    return sum / known;
  };
}

function ranked({ labels, scores, classes: count }: RankedOutcome): Resampled {
  const n = labels.length / count;
  const rankings = Array.from({ length: count }, (_, c) => {
    const kept = Array.from({ length: n }, (_, row) => row).filter((row) => labels[row * count + c] !== 0);
    const order = Int32Array.from(kept.sort((a, b) => scores[b * count + c]! - scores[a * count + c]! || a - b));
    return { order, positive: Uint8Array.from(order, (row) => Number(labels[row * count + c] === 1)) };
  });
  const best = new Float64Array(11);
  return (times) => {
    let [sum, known] = [0, 0];
    for (const { order, positive } of rankings) {
      let positives = 0;
      for (let i = 0; i < order.length; i++) positives += positive[i]! * times[order[i]!]!;
      if (positives === 0) continue;
      best.fill(0);
      let [found, rank] = [0, 0];
      for (let i = 0; i < order.length; i++) {
        rank += times[order[i]!]!;
        if (positive[i] === 0 || times[order[i]!] === 0) continue;
        found += times[order[i]!]!;
        const recall = recallsReached(found, positives);
        best[recall] = Math.max(best[recall]!, found / rank);
      }
      sum += meanOfBest(best);
      known++;
    }
    return sum / known;
  };
}

/**
 * Percentile bootstrap interval of a metric: test rows are drawn with replacement, as many as there are. It says how far
 * the number would move with other test images; not how far with another seed of training.
 *
 * @param options.level share of the draws inside, 0.95 by default
 * @param options.samples draws; 2,000 by default, to which the ends of a 95 % interval move by a twentieth of its width
 * @returns the quantiles, between draws linearly; NaN without rows
 */
export function bootstrapInterval(
  outcome: Outcome,
  { seed, samples = 2000, level = 0.95 }: { seed: number; samples?: number; level?: number },
): Interval {
  const n = outcome.metric === '11-point-map' ? outcome.labels.length / outcome.classes : outcome.labels.length;
  const resampled = outcome.metric === '11-point-map' ? ranked(outcome) : classes(outcome);
  const stream = new AddressedStream();
  const times = new Int32Array(n);
  const values = Float64Array.from({ length: samples }, (_, sample) => {
    stream.seek(seed, BOOTSTRAP_STREAM, sample, 0);
    times.fill(0);
    for (let i = 0; i < n; i++) times[randomInt(stream, n)]!++;
    return resampled(times);
  }).sort();
  return { low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) };
}

/**
 * @param sorted ascending
 * @param share in [0, 1]
 */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return a + (at - below) * (b - a);
}
