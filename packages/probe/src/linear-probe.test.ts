import { addressed, randomNormal } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitAndTest, linearProbe, logisticRegression, meanAveragePrecision, paperStrengths } from './index.ts';
import { lbfgs } from './lbfgs.ts';
import { choose } from './linear-probe.ts';
import { logitsOf } from './logistic-regression.ts';
import { largestOf, topOne } from './metrics.ts';
import { softmaxLoss, sumOfLosses } from './row-loss.ts';

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

const options = { classes: 4, l2s: [100, 1, 0.01], validationFraction: 0.2, seed: 1 };

describe('linearProbe', () => {
  it('is right on what is separable, at chance on noise', () => {
    expect(linearProbe(clouds(400, 10, 4, 1), clouds(200, 10, 4, 2), options).accuracy).toBeGreaterThan(0.95);
    const { accuracy } = linearProbe(clouds(400, 10, 4, 1, 1000), clouds(400, 10, 4, 2, 1000), options);
    expect(Math.abs(accuracy - 0.25)).toBeLessThan(0.15);
  });

  it('never looks at the test labels: permuted ones change the metric and nothing else', () => {
    const drawn = fc.record({
      seed: fc.nat(1000),
      classes: fc.integer({ min: 2, max: 5 }),
      by: fc.integer({ min: 1, max: 99 }),
    });
    const metrics = fc.constantFrom('top-1' as const, 'mean-per-class' as const, '11-point-map' as const);
    fc.assert(
      fc.property(drawn, metrics, ({ seed, classes, by }, metric) => {
        const [train, test] = [clouds(60, 5, classes, seed, 3), clouds(100, 5, classes, seed + 1, 3)];
        const width = metric === '11-point-map' ? classes : 1;
        const signs = ({ labels, ...rest }: typeof train) => ({
          ...rest,
          labels:
            width === 1
              ? labels
              : Int32Array.from({ length: labels.length * width }, (_, at) =>
                  labels[Math.floor(at / width)] === at % width ? 1 : -1,
                ),
        });
        const rotated = ({ labels, ...rest }: typeof train) => ({
          ...rest,
          labels: labels.map((_, at) => labels[(at + by * width) % labels.length]!),
        });
        const how = { ...options, classes, metric, seed };
        const a = linearProbe(signs(train), signs(test), how);
        const b = linearProbe(signs(train), rotated(signs(test)), how);
        const blind = ({ accuracy, outcome, ...rest }: typeof a) => rest;
        expect(blind(b)).toEqual(blind(a));
        expect(a.trials.map(({ l2 }) => l2)).toEqual([100, 1, 0.01]);
      }),
      { numRuns: 15 },
    );
  });

  it('chooses on the rows of an official validation split, and refits on all', () => {
    const train = clouds(200, 5, 4, 1, 3);
    const test = clouds(100, 5, 4, 2, 3);
    const validation = Uint32Array.from({ length: 60 }, (_, i) => 3 * i);
    const { folds, l2, classifier } = linearProbe(train, test, { ...options, validation });
    expect(folds).toBe(1);
    expect(classifier.objective).toBeCloseTo(fitAndTest(train, test, l2, options).classifier.objective, 6);
    // Other labels of the validation rows may change the choice; rows that are fitted to alone do not look at them.
    const worse = {
      ...train,
      labels: train.labels.map((label, row) => (validation.includes(row) ? (label + 1) % 4 : label)),
    };
    expect(linearProbe(worse, test, { ...options, validation }).validationAccuracy).toBeLessThan(0.5);
  });

  it('means by a strength what the convention says', () => {
    const train = clouds(200, 5, 4, 1, 3);
    const raw = { ...train, classes: 4 };
    const { objective, bias } = logisticRegression(raw, 20);
    for (const [loss, l2] of [
      ['sum', 20],
      ['mean', 0.1],
    ] as const) {
      const { classifier } = fitAndTest(train, train, l2, { classes: 4, convention: { loss, features: 'raw' } });
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
    const { accuracy, outcome, scores } = linearProbe(signs(train), signs(test), {
      ...options,
      classes: 3,
      metric: '11-point-map',
    });
    expect(accuracy).toBe(meanAveragePrecision(scores, signs(test).labels, 3));
    expect(accuracy).toBeGreaterThan(0.8);
    expect(outcome.metric).toBe('11-point-map');
  });

  it('fits with one row a class left, and says so where none can be held out', () => {
    const test = clouds(40, 5, 4, 2);
    expect(linearProbe(clouds(8, 5, 4, 1), test, options).accuracy).toBeGreaterThan(0.5);
    expect(() => linearProbe(clouds(4, 5, 4, 1), test, options)).toThrow(/^too few labels: 4 rows/);
  });

  it('does not depend on the scale of the features', () => {
    const [train, test] = [clouds(200, 5, 4, 1, 3), clouds(100, 5, 4, 2, 3)];
    const scaled = (set: typeof train) => ({ ...set, features: set.features.map((v) => 64 * v + 8) });
    const [a, b] = [linearProbe(train, test, options), linearProbe(scaled(train), scaled(test), options)];
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
    const { l2, validationLoss, folds } = linearProbe(train, clouds(40, 20, 4, 4, 1.5), {
      ...options,
      l2s: Array.from({ length: 12 }, (_, i) => 10 ** (5 - i)),
    });
    expect(folds).toBe(5);
    expect(l2).toBeLessThan(100);
    expect(validationLoss).toBeLessThan(0.5);
  });

  it('holds rows out once where that is a thousand of them', () => {
    const [train, test] = [clouds(5200, 2, 4, 1, 3), clouds(50, 2, 4, 2, 3)];
    expect(linearProbe(train, test, options).folds).toBe(1);
    expect(linearProbe(train, test, { ...options, validationFraction: 0.1 }).folds).toBe(2);
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
    const { x, converged, iterations } = lbfgs(rosenbrock, Float64Array.of(-1.2, 1), {
      maxIterations: 200,
      gradientTolerance: 1e-8,
      relativeTolerance: 0,
    });
    expect(converged).toBe(true);
    expect(iterations).toBeLessThan(80);
    expect(x[0]).toBeCloseTo(1, 6);
    expect(x[1]).toBeCloseTo(1, 6);
  });
});
