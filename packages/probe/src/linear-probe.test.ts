import { addressed, randomNormal } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { choose } from './choice.ts';
import {
  fitProbe,
  largestOf,
  linearProbe,
  logisticRegression,
  meanAveragePrecision,
  measure,
  outcomeOf,
  paperStrengths,
  topOne,
} from './index.ts';
import { lbfgs } from './lbfgs.ts';
import { logitsOf } from './logistic-regression.ts';
import { softmaxLoss, sumOfLosses } from './row-loss.ts';
import { atOnce } from './steps.ts';

/** Classes as Gaussian clouds around random centres. */
function clouds(n: number, dim: number, classes: number, seed: number, spread = 1) {
  const centres = addressed(0, dim);
  const mean = Float64Array.from({ length: classes * dim }, () => 2 * randomNormal(centres));
  const random = addressed(seed);
  const labels = Int32Array.from({ length: n }, (_, i) => i % classes);
  const features = Float32Array.from({ length: n * dim }, (_, i) => {
    const label = labels[Math.floor(i / dim)]!;
    return mean[label * dim + (i % dim)]! + spread * randomNormal(random);
  });
  return { features, labels, dim };
}

type Set = ReturnType<typeof clouds>;

/** What a probe of some rows is worth on others. */
function tested(train: Set, test: Set, how: Parameters<typeof linearProbe>[1]) {
  const probe = linearProbe(train, how);
  const scores = probe.scores(test.features);
  const accuracy = measure(outcomeOf(how.metric ?? 'top-1', scores, test.labels, how.classes));
  return { ...probe.chosen, folds: probe.folds, scores, accuracy };
}

const options = { classes: 4, l2s: [100, 1, 0.01], validationFraction: 0.2, seed: 1 };

describe('linearProbe', () => {
  it('is right on what is separable, at chance on noise', () => {
    expect(tested(clouds(400, 10, 4, 1), clouds(200, 10, 4, 2), options).accuracy).toBeGreaterThan(0.95);
    const { accuracy } = tested(clouds(400, 10, 4, 1, 1000), clouds(400, 10, 4, 2, 1000), options);
    expect(Math.abs(accuracy - 0.25)).toBeLessThan(0.15);
  });

  it('chooses on the rows of an official validation split, and refits on all', () => {
    const train = clouds(200, 5, 4, 1, 3);
    const validation = Uint32Array.from({ length: 60 }, (_, i) => 3 * i);
    const { folds, chosen, classifier } = linearProbe(train, { ...options, validation });
    expect(folds).toBe(1);
    expect(classifier.objective).toBeCloseTo(fitProbe(train, chosen.l2, options).classifier.objective, 6);
    // Other labels of the validation rows may change the choice; rows that are fitted to alone do not look at them.
    const worse = {
      ...train,
      labels: train.labels.map((label, row) => (validation.includes(row) ? (label + 1) % 4 : label)),
    };
    expect(linearProbe(worse, { ...options, validation }).chosen.value).toBeLessThan(0.5);
  });

  it('means by a strength what the convention says', () => {
    const train = clouds(200, 5, 4, 1, 3);
    const raw = { ...train, classes: 4 };
    const { objective, bias } = logisticRegression(raw, 20);
    for (const [loss, penalty, l2] of [
      ['sum', 'half', 20],
      ['mean', 'half', 0.1],
      ['sum', 'whole', 10],
    ] as const) {
      const convention = { loss, penalty, features: 'raw' } as const;
      const { classifier } = fitProbe(train, l2, { classes: 4, convention });
      // Centred features move the bias, and nothing else.
      expect(classifier.objective / objective).toBeCloseTo(1, 8);
      expect(classifier.bias[0]).not.toBeCloseTo(bias[0]!, 3);
    }
    expect(paperStrengths().map((l2, i, all) => Math.log10(l2) - Math.log10(all[i - 1] ?? l2 / 10 ** 0.25))).toEqual(
      Array.from({ length: 45 }, () => expect.closeTo(0.25, 9)),
    );
    expect([paperStrengths()[0], paperStrengths().at(-1)]).toEqual([1e-6, 1e5]);
  });

  it('judges rows of several classes by mAP', () => {
    const [train, test] = [clouds(300, 6, 3, 1, 1.5), clouds(100, 6, 3, 2, 1.5)];
    const signs = ({ labels, ...rest }: typeof train) => ({
      ...rest,
      labels: Int32Array.from(
        { length: 3 * labels.length },
        (_, at) => [-1, 1][Number(labels[Math.floor(at / 3)] === at % 3)]!,
      ),
    });
    const how = { ...options, classes: 3, metric: '11-point-map' } as const;
    const { accuracy, scores } = tested(signs(train), signs(test), how);
    expect(accuracy).toBe(meanAveragePrecision(scores, signs(test).labels, 3));
    expect(accuracy).toBeGreaterThan(0.8);
  });

  it('fits with one row a class left, and says so where none can be held out', () => {
    const test = clouds(40, 5, 4, 2);
    expect(tested(clouds(8, 5, 4, 1), test, options).accuracy).toBeGreaterThan(0.5);
    expect(() => linearProbe(clouds(4, 5, 4, 1), options)).toThrow(/^too few labels: 4 rows/);
  });

  it('does not depend on the scale of the features', () => {
    const [train, test] = [clouds(200, 5, 4, 1, 3), clouds(100, 5, 4, 2, 3)];
    const scaled = (set: typeof train) => ({ ...set, features: set.features.map((v) => 64 * v + 8) });
    const [a, b] = [tested(train, test, options), tested(scaled(train), scaled(test), options)];
    expect(b.l2).toBe(a.l2);
    expect(Math.abs(b.accuracy - a.accuracy)).toBeLessThanOrEqual(0.01);
  });
});

describe('the choice of a strength', () => {
  it('is by rows right, then by cross-entropy, then the stronger', () => {
    const scores = (...pairs: [right: number, loss: number][]) =>
      pairs.map(([right, loss]) => ({ value: right / 10, loss }));
    expect(choose(scores([7, 9], [8, 20], [6, 1]))).toBe(1);
    expect(choose(scores([8, 9], [8, 4], [8, 5]))).toBe(1);
    expect(choose(scores([8, 4], [8, 4]))).toBe(0);
  });

  it('takes no strength that fits next to nothing, where few held-out rows are all right from there on', () => {
    // Centres apart by the first dimension: next to any penalty orders the rows; test rows are told by the others too.
    const train = clouds(40, 20, 4, 3, 1.5);
    const { chosen, folds } = linearProbe(train, {
      ...options,
      l2s: Array.from({ length: 12 }, (_, i) => 10 ** (5 - i)),
    });
    expect(folds).toBe(5);
    expect(chosen.l2).toBeLessThan(100);
    expect(chosen.loss).toBeLessThan(0.5);
  });

  it('holds rows out once where that is a thousand of them', () => {
    const train = clouds(5200, 2, 4, 1, 3);
    expect(linearProbe(train, options).folds).toBe(1);
    expect(linearProbe(train, { ...options, validationFraction: 0.1 }).folds).toBe(2);
  });
});

describe('a score', () => {
  it('is scikit-learn’s log_loss and accuracy, however the rows are cut into chunks', () => {
    // sklearn 1.9.1: log_loss(y, softmax(X W + b), normalize=False), X[i, j] = sin(i + 2 j), W[j, c] = cos(3 j + c), b = 0, .5, −.5.
    const [n, dim, classes] = [5000, 3, 3];
    const features = Float32Array.from({ length: n * dim }, (_, at) => Math.sin(Math.floor(at / dim) + 2 * (at % dim)));
    const weights = Float64Array.from({ length: dim * classes }, (_, at) =>
      Math.cos(3 * Math.floor(at / classes) + (at % classes)),
    );
    const labels = Int32Array.from({ length: n }, (_, i) => (i * i) % classes);
    const bias = Float64Array.of(0, 0.5, -0.5);
    const logits = logitsOf({ weights, bias, dim, classes }, features);
    expect(topOne(largestOf(logits, classes), labels)).toBe(1959 / n);
    const loss = sumOfLosses(logits, classes, softmaxLoss(labels));
    expect(loss / 5046.902144632).toBeCloseTo(1, 6);
  });
});

describe('lbfgs', () => {
  it('finds the minimum of Rosenbrock’s valley', () => {
    const rosenbrock = (x: Float64Array, gradient: Float64Array) => {
      const [a, b] = [x[0]!, x[1]!];
      gradient[0] = -2 * (1 - a) - 400 * a * (b - a * a);
      gradient[1] = 200 * (b - a * a);
      return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
    };
    const { x, converged, iterations } = atOnce(
      lbfgs(rosenbrock, Float64Array.of(-1.2, 1), {
        maxIterations: 200,
        gradientTolerance: 1e-8,
        relativeTolerance: 0,
      }),
    );
    expect(converged).toBe(true);
    expect(iterations).toBeLessThan(80);
    expect(x[0]).toBeCloseTo(1, 6);
    expect(x[1]).toBeCloseTo(1, 6);
  });
});
