import { addressed, randomNormal } from '@simclr/stage';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lbfgs } from './lbfgs.ts';
import { type ExactProblem, objectiveOf } from './objective.ts';
import { softmaxLoss } from './row-loss.ts';
import { rowSpace } from './row-space.ts';
import { atOnce } from './steps.ts';

function drawn(rows: number, dim: number, seed: number): ExactProblem {
  const random = addressed(seed);
  const features = Float64Array.from({ length: rows * dim }, () => randomNormal(random));
  // The last row is the first again: it spans nothing new.
  features.copyWithin((rows - 1) * dim, 0, dim);
  const loss = softmaxLoss(Int32Array.from({ length: rows }, (_, i) => i % 3));
  return { features, rows, dim, classes: 3, loss };
}

const solve = (problem: ExactProblem, l2: number) =>
  atOnce(
    lbfgs(objectiveOf(problem, l2), new Float64Array((problem.dim + 1) * 3), {
      maxIterations: 500,
      gradientTolerance: 1e-9,
      relativeTolerance: 0,
    }),
  );

it('has the optimum of all dimensions, and leads to it and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 12 }), fc.integer({ min: 13, max: 30 }), fc.nat(99), (rows, dim, seed) => {
      const problem = drawn(rows, dim, seed);
      const space = rowSpace(problem)!;
      expect(space.problem.dim).toBe(rows - 1);
      const [all, inside] = [solve(problem, 0.1), solve(space.problem, 0.1)];
      expect(inside.value / all.value).toBeCloseTo(1, 9);
      const outside = space.outside(inside.x);
      expect(objectiveOf(problem, 0.1)(outside, new Float64Array(outside.length)) / all.value).toBeCloseTo(1, 9);
      space.inside(outside).forEach((value, i) => void expect(value).toBeCloseTo(inside.x[i]!, 9));
    }),
    { numRuns: 20 },
  );
});

it('is none where there are as many rows as dimensions', () => {
  expect(rowSpace(drawn(8, 8, 1))).toBeUndefined();
});
