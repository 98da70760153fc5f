import { addressed, randomNormal } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lbfgs } from './lbfgs.ts';
import { choose, linearProbe } from './linear-probe.ts';
import { score } from './logistic-regression.ts';
import { complement, holdOut, stratifiedSubset } from './subset.ts';

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

  it('never looks at the test labels: other labels change the accuracy and nothing else', () => {
    const train = clouds(200, 5, 4, 1, 3);
    const test = clouds(100, 5, 4, 2, 3);
    const a = linearProbe(train, test, options);
    const b = linearProbe(train, { ...test, labels: test.labels.map((label) => (label + 1) % 4) }, options);
    expect({ ...b, accuracy: 0 }).toEqual({ ...a, accuracy: 0 });
    expect(b.accuracy).not.toBe(a.accuracy);
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
    const scores = (...pairs: [right: number, loss: number][]) => pairs.map(([right, loss]) => ({ right, loss }));
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
    const { right, loss } = score(
      { weights, bias, dim, classes, l2: 1, objective: 0, iterations: 0 },
      { features, labels },
    );
    expect(right).toBe(1959);
    expect(loss / 5046.902144632).toBeCloseTo(1, 6);
  });
});

describe('stratifiedSubset', () => {
  const labelled = fc.array(fc.nat(4), { minLength: 1, maxLength: 200 });
  const fraction = fc.double({ min: 0.01, max: 1, noNaN: true });

  it('takes the share of every class, nested, and leaves the rest', () => {
    fc.assert(
      fc.property(labelled, fraction, fraction, fc.nat(), (labels, f, g, seed) => {
        const [small, large] = [Math.min(f, g), Math.max(f, g)].map((share) =>
          stratifiedSubset(labels, share, seed, 7),
        ) as [Uint32Array, Uint32Array];
        const inLarge = new Set(large);
        for (const row of small) expect(inLarge.has(row)).toBe(true);
        for (const label of new Set(labels)) {
          const all = labels.filter((l) => l === label).length;
          const taken = [...large].filter((row) => labels[row] === label).length;
          expect(taken).toBe(Math.min(all, Math.max(1, Math.round(all * Math.max(f, g)))));
        }
        const rest = complement(large, labels.length);
        expect([...large, ...rest].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
      }),
      { numRuns: 100 },
    );
  });
});

describe('holdOut', () => {
  it('leaves every class a row to fit, in every fold, and shares none with the rows it leaves', () => {
    const labelled = fc.array(fc.nat(4), { minLength: 1, maxLength: 200 });
    const fraction = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(labelled, fraction, fc.integer({ min: 1, max: 5 }), fc.nat(), (labels, share, count, seed) => {
        const classes = (rows: Uint32Array) => new Set(Array.from(rows, (row) => labels[row]));
        const several = labels.filter((label) => labels.filter((other) => other === label).length > 1);
        const folds = holdOut(labels, share, count, seed, 7);
        expect(folds).toHaveLength(count);
        for (const held of folds) {
          const rest = complement(held, labels.length);
          expect([...held, ...rest].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
          expect(classes(rest)).toEqual(new Set(labels));
          expect(classes(held)).toEqual(new Set(several));
        }
        // The first is the one that would be held out alone.
        expect(holdOut(labels, share, 1, seed, 7)[0]).toEqual(folds[0]);
      }),
      { numRuns: 100 },
    );
  });

  it('holds no row out again before all of its class were', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 3);
    expect(new Set(holdOut(labels, 0.2, 5, 3, 7).flatMap((rows) => [...rows])).size).toBe(60);
    // A class of two rows, by turns.
    const [first, second, third] = holdOut([0, 0], 0.1, 3, 3, 7).map(([row]) => row);
    expect([first === second, first === third]).toEqual([false, true]);
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
