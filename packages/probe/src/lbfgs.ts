/** A smooth function: returns its value at x and writes its gradient. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  maxIterations: number;
  /** Stops when the largest gradient entry is at most so much. */
  gradientTolerance: number;
  /**
   * Stops when half the gradient's square is at most this share of the value: about what is left to gain where the variables
   * have been scaled by a root of the Hessian. 0 by default.
   */
  gainTolerance?: number;
  /** Stops when the last few iterations lowered the value by less than this share of it each, on average. */
  relativeTolerance: number;
  /** First step along the gradient: 1 where the variables have been scaled so. By default at most a step of length 1. */
  firstStep?: number;
  /** Pairs that the approximation remembers. */
  history?: number;
}

export interface Minimum {
  x: Float64Array;
  value: number;
  iterations: number;
  converged: boolean;
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

const largest = (a: Float64Array): number => {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]!));
  return most;
};

/** Sufficient decrease and curvature of the strong Wolfe conditions (Nocedal and Wright, section 3.1). */
const WOLFE = { decrease: 1e-4, curvature: 0.9 };
const MAX_SEARCH = 25;
/** Iterations whose gain is averaged: a single short step says little. */
const WINDOW = 5;

/**
 * Limited-memory BFGS with a strong Wolfe line search (Nocedal and Wright, algorithms 7.4, 7.5, 3.5, 3.6).
 * @param start where to begin; not changed
 */
export function lbfgs(objective: Objective, start: Float64Array, options: LbfgsOptions): Minimum {
  const { maxIterations, gradientTolerance, relativeTolerance, gainTolerance = 0, firstStep, history = 10 } = options;
  const n = start.length;
  let x = Float64Array.from(start);
  let gradient = new Float64Array(n);
  let value = objective(x, gradient);
  const pairs: Pair[] = [];
  const values = [value];

  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const gain = dot(gradient, gradient) / 2;
    if (largest(gradient) <= gradientTolerance || gain <= gainTolerance * Math.abs(value))
      return { x, value, iterations: iteration, converged: true };
    const direction = descent(gradient, pairs);
    let slope = dot(gradient, direction);
    if (slope >= 0) {
      // The memory misleads (rounding): forget it and go downhill.
      pairs.length = 0;
      direction.set(descent(gradient, pairs));
      slope = dot(gradient, direction);
    }
    const first = pairs.length === 0 ? (firstStep ?? Math.min(1, 1 / Math.sqrt(-slope))) : 1;
    const found = lineSearch(objective, x, value, slope, direction, first);
    if (!found) return { x, value, iterations: iteration, converged: true };

    const s = new Float64Array(n);
    const y = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      s[i] = found.x[i]! - x[i]!;
      y[i] = found.gradient[i]! - gradient[i]!;
    }
    const curvature = dot(s, y);
    if (curvature > 1e-10 * dot(y, y)) {
      pairs.push({ s, y, rho: 1 / curvature });
      if (pairs.length > history) pairs.shift();
    }
    ({ x, value, gradient } = found);
    values.push(value);
    const before = values.at(-1 - WINDOW);
    if (before !== undefined && before - value <= WINDOW * relativeTolerance * Math.abs(value))
      return { x, value, iterations: iteration + 1, converged: true };
  }
  return { x, value, iterations: maxIterations, converged: false };
}

interface Pair {
  s: Float64Array;
  y: Float64Array;
  rho: number;
}

/** −H·gradient by the two-loop recursion; it starts from the identity, scaled by what the last step showed. */
function descent(gradient: Float64Array, pairs: Pair[]): Float64Array {
  const q = Float64Array.from(gradient);
  const alphas: number[] = [];
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    for (let i = 0; i < q.length; i++) q[i]! -= alpha * y[i]!;
  }
  const last = pairs.at(-1);
  const gamma = last ? 1 / (last.rho * dot(last.y, last.y)) : 1;
  for (let i = 0; i < q.length; i++) q[i]! *= gamma;
  for (const { s, y, rho } of pairs) {
    const beta = rho * dot(y, q);
    const alpha = alphas.pop()!;
    for (let i = 0; i < q.length; i++) q[i]! += (alpha - beta) * s[i]!;
  }
  for (let i = 0; i < q.length; i++) q[i] = -q[i]!;
  return q;
}

interface Trial {
  step: number;
  x: Float64Array<ArrayBuffer>;
  value: number;
  gradient: Float64Array<ArrayBuffer>;
  slope: number;
}

/** A step that satisfies the strong Wolfe conditions; the best one that decreases enough; undefined where none does. */
function lineSearch(
  objective: Objective,
  x: Float64Array,
  value: number,
  slope: number,
  direction: Float64Array,
  first: number,
): Trial | undefined {
  const evaluate = (step: number): Trial => {
    const at = new Float64Array(x.length);
    const gradient = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) at[i] = x[i]! + step * direction[i]!;
    const found = objective(at, gradient);
    return { step, x: at, value: found, gradient, slope: dot(gradient, direction) };
  };
  const decreases = (t: Trial) => t.value <= value + WOLFE.decrease * t.step * slope;
  const flat = (t: Trial) => Math.abs(t.slope) <= -WOLFE.curvature * slope;

  let best: Trial | undefined;
  let low = { step: 0, value, slope };
  let high: { step: number; value: number; slope: number } | undefined;
  let step = first;
  for (let i = 0; i < MAX_SEARCH; i++) {
    const trial = evaluate(step);
    if (!Number.isFinite(trial.value) || !decreases(trial) || trial.value >= low.value) high = trial;
    else {
      if (!best || trial.value < best.value) best = trial;
      if (flat(trial)) return trial;
      // Past the minimum: it lies between the two.
      if (trial.slope * ((high?.step ?? Number.POSITIVE_INFINITY) - low.step) >= 0) high = low;
      low = trial;
    }
    if (!high) step *= 2;
    else {
      const next = interpolate(low, high);
      if (Math.abs(high.step - low.step) < 1e-12 * Math.max(1, low.step)) break;
      step = next;
    }
  }
  return best;
}

/** Minimum of the cubic through two points and slopes, kept off the ends of the interval; the middle where there is none. */
function interpolate(
  a: { step: number; value: number; slope: number },
  b: { step: number; value: number; slope: number },
): number {
  const width = b.step - a.step;
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const square = d1 * d1 - a.slope * b.slope;
  const middle = a.step + width / 2;
  if (!Number.isFinite(square) || square < 0) return middle;
  const d2 = Math.sign(width) * Math.sqrt(square);
  const step = b.step - width * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  const margin = 0.1 * Math.abs(width);
  const [least, most] = [Math.min(a.step, b.step) + margin, Math.max(a.step, b.step) - margin];
  return Number.isFinite(step) ? Math.min(most, Math.max(least, step)) : middle;
}
