/** How features are brought to a common scale before a probe is fitted. */
export interface Scaling {
  /** [dim]. */
  mean: Float64Array;
  /** One number for all dimensions: the root of their mean variance. */
  scale: number;
}

/** Features and labels to which a classifier is fitted. */
export interface LabelledFeatures {
  /** [n, d], row-major. */
  features: Float32Array | Float64Array;
  /** [n], 0..classes−1; of one-vs-rest [n, classes], 1 positive, −1 negative, 0 difficult: not fitted to. */
  labels: Int32Array;
  dim: number;
  classes: number;
  /**
   * One class a row, by softmax; or any number of them, a logistic regression a class (VOC 2007), all at once: their sum is
   * minimal where each is. Softmax by default.
   */
  loss?: 'softmax' | 'one-vs-rest';
  /** Fits to some of the rows, and to scaled features: the solvers scale as they read, so that no copy is made. */
  part?: { rows: Uint32Array; scaling: Scaling };
}

/** Rows that a problem is fitted to. */
export const rowsOf = ({ features, dim, part }: LabelledFeatures): number => part?.rows.length ?? features.length / dim;

/** Labels a row. */
export const labelWidth = ({ loss, classes }: Pick<LabelledFeatures, 'loss' | 'classes'>): number =>
  loss === 'one-vs-rest' ? classes : 1;

/**
 * Labels of some rows, in the order given.
 * @param width labels a row
 */
export function takeLabels(labels: Int32Array, rows: Uint32Array, width = 1): Int32Array {
  const taken = new Int32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) taken.set(labels.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
  return taken;
}
