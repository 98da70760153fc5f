import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePrecisions,
  calibrationBins,
  calibrationError,
  confusionMatrix,
  elevenPointAp,
  meanAveragePrecision,
  meanPerClass,
  measure,
  outcomeOf,
  probabilities,
  topK,
  topOne,
} from './index.ts';
import { rightOfSeveral, topOneOfSeveral } from './metrics.ts';
import { softmaxLoss, sumOfLosses } from './row-loss.ts';
import { type Ref, readGolden } from './testdata/golden.ts';

interface Case {
  name: string;
  inputs: Record<string, Ref> & { scores: number[]; labels: number[] };
  outputs: { ap: number | 'NaN'; mean_per_class: number; top1: number };
  tolerance: { atol: number };
}

describe('11-point average precision of the reference', () => {
  const { starting } = readGolden<Case>('significance.json');
  it.each(starting('ap11/'))('%s', (_, { inputs, outputs, tolerance }) => {
    const ap = elevenPointAp(inputs.scores, inputs.labels);
    if (outputs.ap === 'NaN') expect(ap).toBeNaN();
    else expect(Math.abs(ap - outputs.ap)).toBeLessThan(tolerance.atol);
  });
});

describe('accuracies of the reference', () => {
  const { starting, ints } = readGolden<Case>('evaluation.json');
  it.each(starting('mean_per_class'))('%s', (_, { inputs, outputs }) => {
    const [labels, predictions] = [ints(inputs.labels as never), ints(inputs.predictions)];
    expect(meanPerClass(predictions, labels)).toBeCloseTo(outputs.mean_per_class, 12);
    expect(topOne(predictions, labels)).toBeCloseTo(outputs.top1, 12);
  });
});

describe('metrics against scikit-learn', () => {
  const { cases } = JSON.parse(readFileSync(new URL('testdata/metrics.json', import.meta.url), 'utf8')) as {
    cases: (number | null)[][];
  };

  /** The draws of make_sklearn.py. */
  function drawn(seed: number) {
    const next = () => {
      seed = (Math.imul(1664525, seed) + 1013904223) >>> 0;
      return seed >>> 8;
    };
    const [n, classes] = [1 + (next() % 40), 2 + (next() % 9)];
    const labels = Int32Array.from({ length: n }, () => next() % classes);
    const scores = Float64Array.from({ length: n * classes }, () => next() / 2 ** 24);
    labels.forEach((label, i) => {
      scores[i * classes + label]! += 0.25;
    });
    const many = Int32Array.from({ length: n * classes }, () => [-1, -1, 1, 0][next() % 4]!);
    const predicted = Int32Array.from({ length: n }, (_, i) => {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      return row.indexOf(Math.max(...row));
    });
    return { labels, scores, many, predicted, classes };
  }

  it('agree on 1,000 random cases', () => {
    expect(cases).toHaveLength(1000);
    cases.forEach((expected, i) => {
      const { labels, scores, many, predicted, classes } = drawn(i + 1);
      const p = probabilities(
        scores.map((score) => 8 * score),
        classes,
      );
      const ours = [
        topOne(predicted, labels),
        topK(scores, labels, classes, 5),
        meanPerClass(predicted, labels),
        meanAveragePrecision(scores, many, classes),
        calibrationError(calibrationBins(p, labels, classes)),
        sumOfLosses(
          scores.map((score) => 8 * score),
          classes,
          softmaxLoss(labels),
        ) / labels.length,
        confusionMatrix(predicted, labels, classes).reduce((sum, rows, cell) => sum + rows * (cell + 1), 0),
      ];
      ours.forEach((value, column) => {
        const wanted = expected[column] ?? Number.NaN;
        // Rounded to nine digits there.
        if (!(Math.abs(value - wanted) < 1e-9) && !(Number.isNaN(value) && Number.isNaN(wanted)))
          expect.fail(`case ${i}, column ${column}: ${value}, not ${wanted}`);
      });
    });
  });
});

describe('averagePrecisions', () => {
  it('are of each class by itself, none of one without a positive, which mAP leaves out', () => {
    const scores = [0.9, 0.1, 0.4, 0.8, 0.7, 0.3];
    const labels = [1, -1, -1, -1, 0, -1];
    expect([...averagePrecisions(scores, labels, 2)]).toEqual([1, Number.NaN]);
    expect(meanAveragePrecision(scores, labels, 2)).toBe(1);
  });
});

describe('outcomeOf', () => {
  it('predicts the highest score, of equal ones the first, and keeps the scores of a ranking', () => {
    const [scores, labels] = [Float32Array.of(1, 3, 3, 0, 0, 0), Int32Array.of(1, 2)];
    const outcome = outcomeOf('mean-per-class', scores, labels, 3);
    expect(outcome).toEqual({ metric: 'mean-per-class', labels, predicted: Int32Array.of(1, 0) });
    expect(measure(outcome)).toBe(0.5);
    expect(outcomeOf('11-point-map', scores, labels, 3)).toEqual({
      metric: '11-point-map',
      labels,
      scores,
      classes: 3,
    });
  });
});

describe('topK', () => {
  it('is top-1 for k 1, grows with k, and 1 for all classes, with ties too', () => {
    const rows = fc.array(fc.tuple(fc.nat(3), fc.array(fc.nat(2), { minLength: 4, maxLength: 4 })), { minLength: 1 });
    fc.assert(
      fc.property(rows, (drawn) => {
        const labels = drawn.map(([label]) => label);
        const scores = drawn.flatMap(([, row]) => row);
        const first = drawn.map(([, row]) => row.indexOf(Math.max(...row)));
        const shares = [1, 2, 3, 4].map((k) => topK(scores, labels, 4, k));
        expect(shares[0]).toBe(topOne(first, labels));
        expect(shares).toEqual(shares.toSorted((a, b) => a - b));
        expect(shares[3]).toBe(1);
      }),
    );
  });

  it('is wrong about a row that is not a number', () => {
    expect(topK([Number.NaN, Number.NaN, Number.NaN], [0], 3, 2)).toBe(0);
  });
});

it('passes over rows of several classes whose predicted class is there only as difficult', () => {
  const labels = [1, -1, 0, /**/ 1, -1, 0, /**/ 0, 1, -1];
  expect([...rightOfSeveral([0, 1, 0], labels, 3)]).toEqual([1, 0, -1]);
  expect(topOneOfSeveral([0, 1, 0], labels, 3)).toBe(0.5);
});

describe('calibration', () => {
  it('is perfect where confidence is the share that is right, and off by the difference where it is not', () => {
    const half = (right: number) => calibrationBins([0.7, 0.3, 0.7, 0.3], [0, right], 2);
    expect(calibrationError(half(0))).toBeCloseTo(0.3, 12);
    expect(calibrationError(half(1))).toBeCloseTo(0.2, 12);
  });

  it('puts a confidence on an edge into the lower bin, and 1 into the last', () => {
    const rows = calibrationBins([1, 0, 0.5, 0.5, 0.8, 0.2], [0, 0, 0], 2, 10).map((bin) => bin.rows);
    expect(rows).toEqual([0, 0, 0, 0, 1, 0, 0, 1, 0, 1]);
  });
});
