/** A loss of one row by its logits, in double precision. */
export interface RowLoss {
  /**
   * Returns the loss and replaces logits by its slope.
   * @param logits [classes]
   */
  slope(logits: Float64Array, row: number): number;
  /** Replaces logits by a, where the loss's Hessian by logits is diag(a), less a aᵀ where `coupled`. */
  curvature(logits: Float64Array, row: number): void;
  coupled: boolean;
}

/**
 * Probabilities in place.
 * @returns log Σ exp of the logits
 */
function softmax(logits: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) top = Math.max(top, logit);
  let sum = 0;
  for (let c = 0; c < logits.length; c++) sum += logits[c] = Math.exp(logits[c]! - top);
  for (let c = 0; c < logits.length; c++) logits[c]! /= sum;
  return top + Math.log(sum);
}

/**
 * Cross-entropy of a softmax.
 * @param labels [n]
 */
export const softmaxLoss = (labels: Int32Array): RowLoss => ({
  slope: (logits, row) => {
    const own = logits[labels[row]!]!;
    const loss = softmax(logits) - own;
    logits[labels[row]!]! -= 1;
    return loss;
  },
  curvature: (logits) => void softmax(logits),
  coupled: true,
});

/**
 * Σ log(1 + exp(−t z)) over classes, t = ±1; nothing of a difficult one.
 * @param labels [n, classes], 1, −1, 0 difficult
 */
export const oneVsRestLoss = (labels: Int32Array, classes: number): RowLoss => ({
  slope: (logits, row) => {
    let loss = 0;
    for (let c = 0; c < classes; c++) {
      const t = labels[row * classes + c]!;
      const margin = t * logits[c]!;
      const small = Math.exp(-Math.abs(margin));
      if (t !== 0) loss += Math.max(0, -margin) + Math.log1p(small);
      logits[c] = (-t * (margin > 0 ? small : 1)) / (1 + small);
    }
    return loss;
  },
  curvature: (logits, row) => {
    for (let c = 0; c < classes; c++) {
      const small = Math.exp(-Math.abs(logits[c]!));
      logits[c] = labels[row * classes + c] === 0 ? 0 : small / (1 + small) ** 2;
    }
  },
  coupled: false,
});

/**
 * Σ losses of rows.
 * @param logits [n, classes]
 * @param loss of as many rows
 */
export function sumOfLosses(logits: ArrayLike<number>, classes: number, loss: RowLoss): number {
  const z = new Float64Array(classes);
  let sum = 0;
  for (let row = 0; row < logits.length / classes; row++) {
    for (let c = 0; c < classes; c++) z[c] = logits[row * classes + c]!;
    sum += loss.slope(z, row);
  }
  return sum;
}
