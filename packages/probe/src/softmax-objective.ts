import type { Objective } from './lbfgs.ts';
import { type Scaling, scaledRows } from './rows.ts';

/** Features and labels to which a classifier is fitted. */
export interface LabelledFeatures {
  /** [n, d], row-major. */
  features: Float32Array | Float64Array;
  /** [n], 0..classes−1. */
  labels: Int32Array;
  dim: number;
  classes: number;
  /** Fits to some of the rows, and to scaled features: the solvers scale as they read, so that no copy is made. */
  part?: { rows: Uint32Array; scaling: Scaling };
}

/**
 * Σᵢ CE(softmax(W xᵢ + b), yᵢ) + l2/2 ‖W‖², the bias free. Parameters are W [d, classes], then b [classes].
 * In double precision; for small problems and as the reference of the solver by tensors.
 */
export function softmaxObjective({ classes, part, ...set }: LabelledFeatures, l2: number): Objective {
  const { features, labels, dim } = part ? scaledRows(set, part.rows, part.scaling) : set;
  const n = labels.length;
  const bias = dim * classes;
  const p = new Float64Array(classes);
  return (w, gradient) => {
    gradient.fill(0);
    let value = 0;
    for (let i = 0; i < n; i++) {
      const x = i * dim;
      for (let c = 0; c < classes; c++) p[c] = w[bias + c]!;
      for (let j = 0; j < dim; j++) {
        const v = features[x + j]!;
        for (let c = 0; c < classes; c++) p[c]! += v * w[j * classes + c]!;
      }
      let top = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) top = Math.max(top, p[c]!);
      const own = p[labels[i]!]!;
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += p[c] = Math.exp(p[c]! - top);
      value += Math.log(sum) + top - own;
      for (let c = 0; c < classes; c++) p[c]! /= sum;
      p[labels[i]!]! -= 1;
      for (let j = 0; j < dim; j++) {
        const v = features[x + j]!;
        for (let c = 0; c < classes; c++) gradient[j * classes + c]! += v * p[c]!;
      }
      for (let c = 0; c < classes; c++) gradient[bias + c]! += p[c]!;
    }
    return value + penalty(w, gradient, bias, l2);
  };
}

/**
 * l2/2 ‖W‖², its gradient added.
 * @param count values of W, the first parameters
 */
function penalty(w: Float64Array, gradient: Float64Array, count: number, l2: number): number {
  let square = 0;
  for (let j = 0; j < count; j++) {
    square += w[j]! * w[j]!;
    gradient[j]! += l2 * w[j]!;
  }
  return (l2 / 2) * square;
}
