import { addressed, randomNormal } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { type LbfgsOptions, lbfgs } from './lbfgs.ts';
import { exactProblem, objectiveOf } from './objective.ts';
import type { LabelledFeatures } from './problem.ts';
import { fitScaling } from './rows.ts';
import { atOnce } from './steps.ts';
import { tensorSolver } from './tensor-solver.ts';

const options: LbfgsOptions = { maxIterations: 300, gradientTolerance: 1e-4, relativeTolerance: 1e-9 };

/** Features whose deviations span two orders of magnitude, labelled by noisy scores. */
function problem(n: number, dim: number, classes: number): LabelledFeatures {
  const random = addressed(11, n);
  const features = new Float32Array(n * dim);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < dim; j++) features[i * dim + j] = 10 ** ((-2 * j) / dim) * randomNormal(random) + 0.5;
  const labels = Int32Array.from({ length: n }, (_, i) => {
    const scores = Array.from({ length: classes }, (_, c) => {
      let score = 2 * randomNormal(random);
      for (let j = 0; j < dim; j++) score += (features[i * dim + j]! - 0.5) * Math.cos((c + 1) * (j + 1));
      return score;
    });
    return scores.indexOf(Math.max(...scores));
  });
  return { features, labels, dim, classes };
}

const size = ({ dim, classes }: LabelledFeatures) => (dim + 1) * classes;
const zeros = (of: LabelledFeatures) => new Float64Array(size(of));

function fast(of: LabelledFeatures, l2: number, start: Float64Array = zeros(of), how = options, blockValues?: number) {
  const solver = tensorSolver(of, how, blockValues);
  try {
    return atOnce(solver.minimise(l2, start));
  } finally {
    solver.dispose();
  }
}

/** Value and largest gradient entry in double precision. */
function exact(of: LabelledFeatures, l2: number, at: Float64Array) {
  const gradient = zeros(of);
  const value = objectiveOf(exactProblem(of), l2)(at, gradient);
  return { value, slope: gradient.reduce((most, v) => Math.max(most, Math.abs(v)), 0) };
}

describe('the solver by tensors', () => {
  it('sums over blocks of rows, of those that it is told, scaled as it is told', () => {
    const whole = problem(4500, 64, 3);
    const rows = Uint32Array.from({ length: 4400 }, (_, i) => 4499 - i);
    const part = { rows, scaling: fitScaling(whole, rows) };
    const l2 = 20;
    // Four blocks and a part of one.
    const found = fast({ ...whole, part }, l2, zeros(whole), options, 1000 * 64);
    const at = exact({ ...whole, part }, l2, found.x);
    expect(found.value / at.value).toBeCloseTo(1, 6);
    expect(at.slope).toBeLessThan(1e-4 * exact({ ...whole, part }, l2, zeros(whole)).slope);
    expect(found.iterations).toBeLessThan(40);
  });

  // Of ten thousand rows of pixels, two hundred classes, one takes a second: a signal is heard in between.
  it('can be left between iterations', () => {
    const of = problem(500, 20, 3);
    const solver = tensorSolver(of, options);
    const steps = solver.minimise(1, zeros(of));
    let taken = 0;
    for (let step = steps.next(); !step.done; step = steps.next()) taken++;
    solver.dispose();
    expect(taken).toBeGreaterThan(3);
    expect(taken).toBeLessThanOrEqual(fast(of, 1).iterations);
  });

  it.each([100, 1, 0.01])('finds the same weights among few rows of many dimensions, l2 %d', (l2) => {
    const wide = problem(60, 300, 4);
    const found = fast(wide, l2);
    const to = { maxIterations: 3000, gradientTolerance: 1e-7, relativeTolerance: 0 };
    const reference = atOnce(lbfgs(objectiveOf(exactProblem(wide), l2), zeros(wide), to));
    expect(Math.abs(found.value - reference.value)).toBeLessThan(1e-5 * 60);
    const distance = Math.hypot(...found.x.map((v, i) => v - reference.x[i]!)) / Math.hypot(...reference.x);
    expect(distance).toBeLessThan(1e-2);
    // From there, in the other basis and back, it has nothing to gain.
    expect(fast(wide, l2, found.x, { ...options, maxIterations: 0 }).value).toBeCloseTo(found.value, 3);
  });

  it('goes on where features are constant or depend on each other, with hardly any penalty', () => {
    const { features, ...rest } = problem(3000, 12, 3);
    for (let i = 0; i < 3000; i++) {
      features[i * 12 + 4] = 0;
      features[i * 12 + 5] = 2 * features[i * 12]! - features[i * 12 + 1]!;
      features[i * 12 + 6] = 1000 * features[i * 12]!;
    }
    const singular = { features, ...rest };
    const found = fast(singular, 1e-6);
    const reference = exact(singular, 1e-6, found.x);
    expect(found.value / reference.value).toBeCloseTo(1, 6);
    expect(reference.slope).toBeLessThan(1e-3 * exact(singular, 1e-6, zeros(singular)).slope);
  });

  it('says what is wrong with features that are not finite', () => {
    const broken = problem(200, 5, 2);
    broken.features[17] = Number.NaN;
    expect(() => fast(broken, 1)).toThrow(/^not positive definite: .* features are not finite: /);
  });
});
