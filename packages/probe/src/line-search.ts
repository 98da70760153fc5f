import { dot } from './vectors.ts';

/** A smooth function: returns its value at x and writes its gradient. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** Sufficient decrease and curvature of the strong Wolfe conditions (Nocedal and Wright, section 3.1). */
const WOLFE = { decrease: 1e-4, curvature: 0.9 };
/** Share of the first slope that may be left behind the minimum where values say nothing. */
const BEHIND = 0.8;
const MAX_SEARCH = 25;

/** A point, and where it is left. */
export interface Start {
  x: Float64Array;
  value: number;
  direction: Float64Array;
  /** Along the direction, below 0. */
  slope: number;
  /** Share of the value that rounding may add to it. */
  noise: number;
}

export interface Trial {
  step: number;
  x: Float64Array<ArrayBuffer>;
  value: number;
  gradient: Float64Array<ArrayBuffer>;
  slope: number;
}

/**
 * A step that satisfies the strong Wolfe conditions; the best one that decreases enough; undefined where none does.
 *
 * Where the decrease is no more than rounding, slopes decide (Hager and Zhang 2005, the approximate Wolfe conditions): they
 * are exact when differences of values have no digits left.
 */
export function lineSearch(objective: Objective, start: Start, first: number): Trial | undefined {
  const { x, value, slope, direction, noise } = start;
  const evaluate = (step: number): Trial => {
    const at = new Float64Array(x.length);
    const gradient = new Float64Array(x.length);
    for (let i = 0; i < x.length; i++) at[i] = x[i]! + step * direction[i]!;
    const found = objective(at, gradient);
    return { step, x: at, value: found, gradient, slope: dot(gradient, direction) };
  };
  const decreases = (t: Trial) => t.value <= value + WOLFE.decrease * t.step * slope;
  const flat = (t: Trial) => Math.abs(t.slope) <= -WOLFE.curvature * slope;
  const level = (t: Trial) =>
    t.value <= value + noise * Math.abs(value) && t.slope >= WOLFE.curvature * slope && t.slope <= -BEHIND * slope;

  let best: Trial | undefined;
  let low = { step: 0, value, slope };
  let high: { step: number; value: number; slope: number } | undefined;
  let step = first;
  for (let i = 0; i < MAX_SEARCH; i++) {
    const trial = evaluate(step);
    if (noise > 0 && level(trial)) return trial;
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
