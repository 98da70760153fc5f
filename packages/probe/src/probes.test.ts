import { readFileSync } from 'node:fs';
import { addressed, randomNormal } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import {
  knnScores,
  largestOf,
  logisticRegression,
  logitsOf,
  nearestNeighbours,
  predict,
  ridgePath,
  topOne,
} from './index.ts';
import { fitPath } from './logistic-regression.ts';
import { newton } from './newton.ts';
import { exactProblem, objectiveOf } from './objective.ts';
import type { LabelledFeatures } from './problem.ts';
import { atOnce } from './steps.ts';
import { tensorSolver } from './tensor-solver.ts';
import { type Ref, readGolden } from './testdata/golden.ts';

interface Fit {
  l2: number;
  objective: number;
}
interface Case {
  rows: number;
  dim: number;
  classes: number;
  spread: number;
  softmax: (Fit & { predicted: number[] })[];
  oneVsRest: Fit[];
  ridge: { l2: number; scores: number[] }[];
}
const { cases } = JSON.parse(readFileSync(new URL('testdata/probes.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

/** The draws of make_probes.py. */
function drawn(seed: number, { rows, dim, classes, spread }: Case) {
  const next = () => {
    seed = (Math.imul(1664525, seed) + 1013904223) >>> 0;
    return seed >>> 8;
  };
  const unit = () => next() / 2 ** 24 - 0.5;
  const centres = Float64Array.from({ length: classes * dim }, unit);
  const labels = Int32Array.from({ length: 2 * rows }, () => next() % classes);
  const features = Float32Array.from(
    { length: 2 * rows * dim },
    (_, at) => unit() + spread * centres[labels[Math.floor(at / dim)]! * dim + (at % dim)]!,
  );
  const many = Int32Array.from({ length: rows * classes }, () => [-1, -1, -1, 1, 0][next() % 5]!);
  const train = { features: features.subarray(0, rows * dim), dim, classes };
  return { train, labels: labels.subarray(0, rows), many, test: features.subarray(rows * dim) };
}

/** The float32 solver, by strengths that end in l2. */
function fast(problem: LabelledFeatures, l2: number): number {
  const solver = tensorSolver(problem, { maxIterations: 150, gradientTolerance: 0, relativeTolerance: 1e-7 });
  let x: Float64Array = new Float64Array((problem.dim + 1) * problem.classes);
  for (const step of [1e3, 10, l2]) ({ x } = atOnce(solver.minimise(step, x)));
  solver.dispose();
  return objectiveOf(exactProblem(problem), l2)(x, new Float64Array(x.length));
}

describe.each(
  cases.map((golden, i) => ({ name: `${golden.rows} × ${golden.dim}, ${golden.classes} classes`, golden, i })),
)('probes against scikit-learn: $name', ({ golden, i }) => {
  const { train, labels, many, test } = drawn(i + 1, golden);
  const { rows } = golden;

  it.each(golden.softmax)('softmax regression at l2 $l2', ({ l2, objective, predicted }) => {
    const fitted = logisticRegression({ ...train, labels }, l2);
    // scikit-learn may stop above the optimum too.
    expect(fitted.objective / objective - 1).toBeLessThan(1e-6);
    expect(fitted.objective / objective - 1).toBeGreaterThan(-1e-5);
    expect([...predict(fitted, test)]).toEqual(predicted);
  });

  it.each(golden.oneVsRest)('one-vs-rest at l2 $l2, difficult rows left out', ({ l2, objective }) => {
    const problem = { ...train, labels: many, loss: 'one-vs-rest' as const };
    expect(Math.abs(logisticRegression(problem, l2).objective / objective - 1)).toBeLessThan(1e-6);
    expect(Math.abs(fast(problem, l2) - objective) / rows).toBeLessThan(1e-6);
  });

  it.each(golden.ridge)('ridge at l2 $l2', ({ l2, scores }) => {
    const [model] = ridgePath({ ...train, labels }, [l2]);
    const ours = logitsOf(model!, test);
    scores.forEach((score, at) => {
      expect(Math.abs(ours[at]! - score)).toBeLessThan(5e-4);
    });
  });
});

describe('Newton', () => {
  it('comes from zeros to where L-BFGS ends', () => {
    const { train, labels } = drawn(2, cases[1]!);
    const problem = exactProblem({ ...train, labels });
    const { l2, objective } = cases[1]!.softmax[0]!;
    const zeros = new Float64Array((train.dim + 1) * train.classes);
    const { value, converged } = newton(problem, objectiveOf(problem, l2), l2, zeros);
    expect(converged).toBe(true);
    expect(Math.abs(value / objective - 1)).toBeLessThan(1e-6);
  });
});

describe('one-vs-rest of several classes at once', () => {
  it('is each class’s own regression', () => {
    const { train, many } = drawn(4, cases[3]!);
    const together = logisticRegression({ ...train, labels: many, loss: 'one-vs-rest' }, 1);
    const column = many.filter((_, at) => at % 10 === 3);
    const alone = logisticRegression({ ...train, classes: 1, labels: column, loss: 'one-vs-rest' }, 1);
    alone.weights.forEach((weight, j) => {
      expect(together.weights[j * 10 + 3]!).toBeCloseTo(weight, 4);
    });
  });

  interface Binary {
    name: string;
    inputs: Record<string, Ref>;
    params: { lambda: number };
    outputs: { objective: number; w: number[] };
    tolerance: { objective: { rtol: number }; w: { relL2: number } };
  }
  const { values, ints, starting } = readGolden<Binary>('significance.json');
  it.each(starting('lr_binary/'))('%s: the sigmoid, and a softmax of twice the penalty', (_, example) => {
    const { inputs, params, outputs, tolerance } = example;
    const problem = { features: values(inputs.X), dim: 8 };
    const y = ints(inputs.y);
    const signs = y.map((label) => 2 * label - 1);
    const sigmoid = logisticRegression({ ...problem, labels: signs, classes: 1, loss: 'one-vs-rest' }, params.lambda);
    const { weights, objective } = logisticRegression({ ...problem, labels: y, classes: 2 }, 2 * params.lambda);
    const square = (v: number[]) => v.reduce((sum, x) => sum + x * x, 0);
    for (const value of [sigmoid.objective, objective])
      expect(Math.abs(value / outputs.objective - 1)).toBeLessThan(tolerance.objective.rtol);
    for (const w of [[...sigmoid.weights], outputs.w.map((_, j) => weights[2 * j + 1]! - weights[2 * j]!)])
      expect(Math.sqrt(square(w.map((v, j) => v - outputs.w[j]!)) / square(outputs.w))).toBeLessThan(tolerance.w.relL2);
  });
});

describe('a path of strengths', () => {
  it('has the optima of single fits', () => {
    const { train, labels } = drawn(4, cases[3]!);
    const l2s = Array.from({ length: 20 }, (_, i) => 10 ** (3 - i / 4));
    fitPath({ ...train, labels }, l2s).forEach(({ objective, l2 }) => {
      expect(Math.abs(objective / logisticRegression({ ...train, labels }, l2).objective - 1)).toBeLessThan(1e-6);
    });
  });
});

describe('a sweep of k', () => {
  it('is what each k gives alone', () => {
    const { train, labels, test } = drawn(1, cases[0]!);
    const ks = [1, 5, 20];
    const all = nearestNeighbours(train.features, test, train.dim, 20);
    knnScores(all, labels, 3, 0.1, ks).forEach((scores, at) => {
      const alone = nearestNeighbours(train.features, test, train.dim, ks[at]!);
      expect(scores).toEqual(knnScores(alone, labels, 3, 0.1)[0]);
    });
    expect(
      topOne(
        largestOf(knnScores(all, labels, 3, 0.1, [1])[0]!, 3),
        Int32Array.from(
          all.rows.filter((_, at) => at % 20 === 0),
          (row) => labels[row]!,
        ),
      ),
    ).toBe(1);
  });
});

it('ridge leaves out strengths of which single precision leaves nothing, and those alone', () => {
  const random = addressed(3);
  const features = Float32Array.from({ length: 300 * 512 }, () => randomNormal(random));
  const labels = Int32Array.from({ length: 300 }, (_, row) => row % 3);
  const path = ridgePath({ features, labels, dim: 512, classes: 3 }, [1e-6, 1, 1e-6, 100]);
  expect(path.map((model) => model?.classes)).toEqual([undefined, 3, undefined, 3]);
});
