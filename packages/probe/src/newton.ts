import type { Minimum } from './lbfgs.ts';
import type { Objective } from './line-search.ts';
import { type ExactProblem, eachRow } from './objective.ts';
import { dot } from './vectors.ts';

const MAX_STEPS = 60;
/** Conjugate-gradient iterations of a step, at most. */
const MAX_INNER = 300;
/** Share of the preconditioned gradient's square at which a step's linear system counts as solved. */
const INNER = 1e-2;
/** A step that promises to lower the value by less than this share of it is the last. */
const PROMISE = 1e-9;

/** v ↦ H v, the Hessian at a point. */
function hessianAt(problem: ExactProblem, at: Float64Array, l2: number) {
  const { rows, dim, classes, loss } = problem;
  const curvature = new Float64Array(rows * classes);
  const keep = (z: Float64Array, row: number): void => {
    loss.curvature(z, row);
    curvature.set(z, row * classes);
  };
  eachRow(problem, at, keep, new Float64Array(at.length));
  const product = (v: Float64Array): Float64Array => {
    const result = new Float64Array(v.length);
    const bend = (z: Float64Array, row: number): void => {
      const a = curvature.subarray(row * classes, (row + 1) * classes);
      const mean = loss.coupled ? dot(a, z) : 0;
      for (let c = 0; c < classes; c++) z[c] = a[c]! * (z[c]! - mean);
    };
    eachRow(problem, v, bend, result);
    for (let j = 0; j < dim * classes; j++) result[j]! += l2 * v[j]!;
    return result;
  };
  return { curvature, product };
}

/** Cholesky factor of a symmetric [m, m] in place, its lower triangle; false where it is not positive definite. */
function factor(a: Float64Array, m: number): boolean {
  for (let j = 0; j < m; j++) {
    for (let i = j; i < m; i++) {
      let sum = a[i * m + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * m + k]! * a[j * m + k]!;
      if (i === j && !(sum > 0)) return false;
      a[i * m + j] = i === j ? Math.sqrt(sum) : sum / a[j * m + j]!;
    }
  }
  return true;
}

/** r ↦ the solution of each class's own block of the Hessian, weights and bias: what couples classes is left out. */
function blocks({ features, rows, dim, classes, loss }: ExactProblem, curvature: Float64Array, l2: number) {
  const m = dim + 1;
  const x = new Float64Array(m).fill(1);
  const factors = Array.from({ length: classes }, (_, c) => {
    const block = new Float64Array(m * m);
    for (let i = 0; i < rows; i++) {
      const a = curvature[i * classes + c]!;
      const weight = loss.coupled ? a * (1 - a) : a;
      if (weight === 0) continue;
      for (let j = 0; j < dim; j++) x[j] = features[i * dim + j]!;
      for (let j = 0; j < m; j++) {
        const v = weight * x[j]!;
        for (let k = 0; k <= j; k++) block[j * m + k]! += v * x[k]!;
      }
    }
    let trace = l2 * dim;
    for (let j = 0; j < m; j++) trace += block[j * m + j]!;
    // The bias has no penalty, and rounding may take what little a direction has.
    for (let ridge = 1e-12; ; ridge *= 100) {
      const tried = Float64Array.from(block);
      for (let j = 0; j < m; j++) tried[j * m + j]! += (j < dim ? l2 : 0) + (ridge * trace) / m;
      if (factor(tried, m) || !Number.isFinite(ridge)) return tried;
    }
  });
  return (r: Float64Array): Float64Array => {
    const result = new Float64Array(r.length);
    const v = new Float64Array(m);
    factors.forEach((l, c) => {
      for (let i = 0; i < m; i++) {
        let sum = r[i * classes + c]!;
        for (let k = 0; k < i; k++) sum -= l[i * m + k]! * v[k]!;
        v[i] = sum / l[i * m + i]!;
      }
      for (let i = m - 1; i >= 0; i--) {
        v[i]! /= l[i * m + i]!;
        for (let k = 0; k < i; k++) v[k]! -= l[i * m + k]! * v[i]!;
      }
      for (let i = 0; i < m; i++) result[i * classes + c] = v[i]!;
    });
    return result;
  };
}

/** The step s of H s = −gradient, by conjugate gradients. */
function stepOf(problem: ExactProblem, at: Float64Array, gradient: Float64Array, l2: number): Float64Array {
  const { curvature, product } = hessianAt(problem, at, l2);
  const precondition = blocks(problem, curvature, l2);
  const step = new Float64Array(at.length);
  const residual = gradient.map((v) => -v);
  let z = precondition(residual);
  const direction = Float64Array.from(z);
  const first = dot(residual, z);
  let square = first;
  for (let i = 0; i < MAX_INNER && square > INNER * first; i++) {
    const bent = product(direction);
    const curved = dot(direction, bent);
    if (!(curved > 0)) break;
    const length = square / curved;
    for (let j = 0; j < step.length; j++) {
      step[j]! += length * direction[j]!;
      residual[j]! -= length * bent[j]!;
    }
    z = precondition(residual);
    const next = dot(residual, z);
    for (let j = 0; j < step.length; j++) direction[j] = z[j]! + (next / square) * direction[j]!;
    square = next;
  }
  return step;
}

/**
 * Goes on to the minimum by truncated Newton steps (Nocedal and Wright, algorithm 7.1), where L-BFGS crawls: rows that a
 * plane almost separates, with hardly any penalty. What is left of the value above the minimum is about a billionth of it.
 *
 * @param objective of the problem at l2
 */
export function newton(problem: ExactProblem, objective: Objective, l2: number, start: Float64Array): Minimum {
  let x = start;
  let gradient = new Float64Array(start.length);
  let value = objective(x, gradient);
  for (let iterations = 0; iterations < MAX_STEPS; iterations++) {
    const step = stepOf(problem, x, gradient, l2);
    const slope = dot(gradient, step);
    // Half the slope is what the quadratic model promises.
    if (-slope / 2 <= PROMISE * value) return { x, value, iterations, converged: true };
    let moved = false;
    for (let length = 1; length > 1e-8 && !moved; length /= 2) {
      const to = x.map((v, j) => v + length * step[j]!);
      const there = new Float64Array(x.length);
      const found = objective(to, there);
      if (!(found <= value + 1e-4 * length * slope)) continue;
      [x, gradient, value, moved] = [to, there, found, true];
    }
    if (!moved) return { x, value, iterations, converged: true };
  }
  return { x, value, iterations: MAX_STEPS, converged: false };
}
