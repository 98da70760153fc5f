/** Bins of equal width that confidences in (0, 1] fall into by default, as in Guo et al. 2017. */
const CALIBRATION_BINS = 15;

/**
 * Softmax of every row.
 * @param logits [n, classes]
 * @returns [n, classes]
 */
export function probabilities(logits: ArrayLike<number>, classes: number): Float64Array {
  const p = Float64Array.from(logits);
  for (let from = 0; from < p.length; from += classes) {
    const row = p.subarray(from, from + classes);
    let top = Number.NEGATIVE_INFINITY;
    for (const logit of row) top = Math.max(top, logit);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += row[c] = Math.exp(row[c]! - top);
    for (let c = 0; c < classes; c++) row[c]! /= sum;
  }
  return p;
}

/** Rows whose confidence falls into one bin. */
export interface CalibrationBin {
  rows: number;
  /** Mean probability of the predicted class, NaN without a row. */
  confidence: number;
  /** Share of rows that are right, NaN without a row. */
  accuracy: number;
}

/**
 * Rows by the probability of the predicted class, in bins (i / bins, (i + 1) / bins].
 * @param p [n, classes], as of softmax
 */
export function calibrationBins(
  p: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  bins = CALIBRATION_BINS,
): CalibrationBin[] {
  const sums = Array.from({ length: bins }, () => ({ rows: 0, confidence: 0, right: 0 }));
  for (let i = 0; i < labels.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (p[i * classes + c]! > p[i * classes + best]!) best = c;
    const confidence = p[i * classes + best]!;
    const bin = sums[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))]!;
    bin.rows++;
    bin.confidence += confidence;
    if (best === labels[i]) bin.right++;
  }
  return sums.map(({ rows, confidence, right }) => ({ rows, confidence: confidence / rows, accuracy: right / rows }));
}

/** Expected calibration error (Guo et al. 2017, equation 3): the mean over rows of |accuracy − confidence| of their bin. */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  let [error, all] = [0, 0];
  for (const { rows, confidence, accuracy } of bins) {
    if (rows > 0) error += rows * Math.abs(accuracy - confidence);
    all += rows;
  }
  return error / all;
}
