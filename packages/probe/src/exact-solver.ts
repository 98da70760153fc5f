import { lbfgs, type Minimum } from './lbfgs.ts';
import { newton } from './newton.ts';
import { type ExactProblem, exactProblem, objectiveOf } from './objective.ts';
import type { LabelledFeatures } from './problem.ts';
import { rowSpace } from './row-space.ts';
import type { Steps } from './steps.ts';
import type { Solver } from './tensor-solver.ts';

const LBFGS = { maxIterations: 300, gradientTolerance: 0, relativeTolerance: 1e-11 };

/** Share of the value that may be left above the minimum. */
const LEFT = 1e-9;

/** A small problem in double precision; finished, it is a billionth above the optimum at any strength. */
export function exactSolver(problem: LabelledFeatures): Solver {
  const exact = exactProblem(problem);
  const space = rowSpace(exact);
  return {
    *minimise(l2, start, finish = false) {
      if (!space) return yield* minimise(exact, l2, start, finish);
      const found = yield* minimise(space.problem, l2, space.inside(start), finish);
      return { ...found, x: space.outside(found.x) };
    },
    dispose() {},
  };
}

function* minimise(problem: ExactProblem, l2: number, start: Float64Array, finish: boolean): Steps<Minimum> {
  const objective = objectiveOf(problem, l2);
  const found = yield* lbfgs(objective, start, LBFGS);
  if (!finish) return found;
  const gradient = new Float64Array(start.length);
  objective(found.x, gradient);
  // The penalty curves the value by l2 at least: no more than |g|² / 2 l2 can be left.
  const square = gradient.reduce((sum, v) => sum + v * v, 0);
  if (square / (2 * l2) <= LEFT * found.value) return found;
  const finished = newton(problem, objective, l2, found.x);
  return { ...finished, iterations: found.iterations + finished.iterations };
}
