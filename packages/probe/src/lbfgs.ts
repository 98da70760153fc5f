import { lineSearch, type Objective } from './line-search.ts';
import type { Steps } from './steps.ts';
import { addScaled, dot, largest, scale } from './vectors.ts';

/** A step and what it did to the gradient. */
export interface Pair {
  s: Float64Array;
  y: Float64Array;
  /** sᵀ y. */
  curvature: number;
}

export interface LbfgsOptions {
  maxIterations: number;
  /** Stops when the largest gradient entry is at most so much. */
  gradientTolerance: number;
  /** Stops when half of what the next step falls by at first, its gain on a parabola, is at most this share of the value. 0 by default. */
  gainTolerance?: number;
  /** Stops when the last few iterations lowered the value by less than this share of it each, on average. */
  relativeTolerance: number;
  /** What the approximation of the inverse Hessian starts from, times a gradient; else it is a multiple of the identity. */
  precondition?: (gradient: Float64Array) => Float64Array;
  /** Pairs to begin with, of nearly the same function. The pairs at the end are left in it. */
  memory?: Pair[];
  /** Share of the value that rounding may add to it. 0 by default. */
  noise?: number;
  /** Pairs that the approximation remembers. */
  history?: number;
}

export interface Minimum {
  x: Float64Array;
  value: number;
  iterations: number;
  converged: boolean;
}

/** Iterations whose gain is averaged: a single short step says little. */
const WINDOW = 5;

/**
 * Limited-memory BFGS with a strong Wolfe line search (Nocedal and Wright, algorithms 7.4, 7.5, 3.5, 3.6), iteration by
 * iteration: one may take seconds.
 * @param start where to begin; not changed
 */
export function* lbfgs(objective: Objective, start: Float64Array, options: LbfgsOptions): Steps<Minimum> {
  const { maxIterations, gradientTolerance, relativeTolerance, gainTolerance = 0, precondition } = options;
  const { memory: pairs = [], noise = 0, history = 10 } = options;
  const n = start.length;
  let x = Float64Array.from(start);
  let gradient = new Float64Array(n);
  let value = objective(x, gradient);
  const values = [value];

  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (largest(gradient) <= gradientTolerance) return { x, value, iterations: iteration, converged: true };
    let direction = descent(gradient, pairs, precondition);
    let slope = dot(gradient, direction);
    if (slope >= 0) {
      // The memory misleads (rounding): forget it and go downhill.
      pairs.length = 0;
      direction = descent(gradient, pairs, precondition);
      slope = dot(gradient, direction);
    }
    if (-slope / 2 <= gainTolerance * Math.abs(value)) return { x, value, iterations: iteration, converged: true };
    const first = pairs.length === 0 && !precondition ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
    const found = lineSearch(objective, { x, value, slope, direction, noise }, first);
    if (!found) return { x, value, iterations: iteration, converged: true };

    const s = new Float64Array(n);
    const y = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      s[i] = found.x[i]! - x[i]!;
      y[i] = found.gradient[i]! - gradient[i]!;
    }
    const curvature = dot(s, y);
    if (curvature > 1e-10 * dot(y, y)) {
      pairs.push({ s, y, curvature });
      if (pairs.length > history) pairs.shift();
    }
    ({ x, value, gradient } = found);
    values.push(value);
    const before = values.at(-1 - WINDOW);
    if (before !== undefined && before - value <= WINDOW * relativeTolerance * Math.abs(value))
      return { x, value, iterations: iteration + 1, converged: true };
    yield;
  }
  return { x, value, iterations: maxIterations, converged: false };
}

/** −H·gradient by the two-loop recursion; what it starts from is scaled by what the last step showed. */
function descent(
  gradient: Float64Array,
  pairs: readonly Pair[],
  precondition: (gradient: Float64Array) => Float64Array = (gradient) => gradient,
): Float64Array {
  const q = new Float64Array(gradient);
  const alphas: number[] = [];
  for (const { s, y, curvature } of pairs.toReversed()) {
    const alpha = dot(s, q) / curvature;
    alphas.push(alpha);
    addScaled(q, -alpha, y);
  }
  const direction = new Float64Array(precondition(q));
  const last = pairs.at(-1);
  if (last) scale(direction, last.curvature / dot(last.y, precondition(last.y)));
  for (const { s, y, curvature } of pairs) {
    const beta = dot(y, direction) / curvature;
    addScaled(direction, alphas.pop()! - beta, s);
  }
  scale(direction, -1);
  return direction;
}
