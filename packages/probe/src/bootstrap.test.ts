import { addressed } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { bootstrapInterval, type ClassOutcome, measure, type RankedOutcome } from './index.ts';

/** 500 rows of five classes, 70 % right. */
function model(seed: number, metric: ClassOutcome['metric'] = 'top-1'): ClassOutcome {
  const random = addressed(seed);
  const labels = Int32Array.from({ length: 500 }, (_, i) => i % 5);
  return { metric, labels, predicted: labels.map((label) => (random.next() < 0.7 ? label : (label + 1) % 5)) };
}

describe('bootstrapInterval', () => {
  it('is the normal interval of a share where there are many rows', () => {
    const outcome = model(1);
    const share = measure(outcome);
    const half = 1.96 * Math.sqrt((share * (1 - share)) / 500);
    const { low, high } = bootstrapInterval(outcome, { seed: 1 });
    expect(low).toBeCloseTo(share - half, 2);
    expect(high).toBeCloseTo(share + half, 2);
    expect(bootstrapInterval(outcome, { seed: 1 })).toEqual({ low, high });
  });

  it('holds the true share about as often as it says', () => {
    let inside = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { low, high } = bootstrapInterval(model(seed, 'mean-per-class'), { seed, samples: 100, level: 0.9 });
      if (low <= 0.7 && 0.7 <= high) inside++;
    }
    expect(Math.abs(inside / 100 - 0.9)).toBeLessThan(5 * Math.sqrt((0.9 * 0.1) / 100));
  });

  it('resamples mAP as measured on rows that are there several times', () => {
    // The one draw, made again by its address and measured by its definition.
    const random = addressed(3);
    const classes = 2;
    const labels = Int32Array.from({ length: 60 }, () => [1, -1, -1, 0][Math.floor(4 * random.next())]!);
    const scores = Float32Array.from(labels, (label) => label + 3 * random.next());
    const outcome: RankedOutcome = { metric: '11-point-map', labels, scores, classes };
    const { low, high } = bootstrapInterval(outcome, { seed: 4, samples: 1, level: 0 });
    expect(low).toBe(high);
    const stream = addressed(4, 0x626f6f, 0);
    const rows = Array.from({ length: 30 }, () => Math.floor(30 * stream.next())).sort((a, b) => a - b);
    const taken = rows.flatMap((row) => [2 * row, 2 * row + 1]);
    const again: RankedOutcome = {
      ...outcome,
      labels: Int32Array.from(taken, (at) => labels[at]!),
      scores: Float32Array.from(taken, (at) => scores[at]!),
    };
    expect(low).toBeCloseTo(measure(again), 12);
  });

  it('is a point where there is nothing to vary', () => {
    const labels = Int32Array.of(0, 1, 2);
    expect(bootstrapInterval({ metric: 'top-1', labels, predicted: labels }, { seed: 1 })).toEqual({ low: 1, high: 1 });
  });
});
