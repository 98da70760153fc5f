/** Features with the label of each row. */
export interface FeatureSet {
  /** [n, dim]. */
  features: Float32Array;
  labels: Int32Array;
  dim: number;
}

/** Some rows of a feature set, in the order given. */
export function takeRows({ features, labels, dim }: FeatureSet, rows: Uint32Array): FeatureSet {
  const taken = new Float32Array(rows.length * dim);
  for (let i = 0; i < rows.length; i++) taken.set(features.subarray(rows[i]! * dim, (rows[i]! + 1) * dim), i * dim);
  return { features: taken, labels: Int32Array.from(rows, (row) => labels[row]!), dim };
}

/** How features are brought to a common scale before a probe is fitted. */
export interface Scaling {
  /** [dim]. */
  mean: Float64Array;
  /** One number for all dimensions: the root of their mean variance. */
  scale: number;
}

/**
 * Mean of every dimension and one common scale, of training features. Centring does not change the optimum (the bias is
 * free), and one scale for all dimensions changes it as another l2 would: the probe stays the paper's, with l2 on a scale
 * that means the same for every kind of features.
 */
export function fitScaling({ features, labels, dim }: FeatureSet): Scaling {
  const n = labels.length;
  const mean = new Float64Array(dim);
  for (let row = 0; row < n; row++) for (let j = 0; j < dim; j++) mean[j]! += features[row * dim + j]! / n;
  let variance = 0;
  for (let row = 0; row < n; row++)
    for (let j = 0; j < dim; j++) variance += (features[row * dim + j]! - mean[j]!) ** 2;
  return { mean, scale: Math.sqrt(variance / (n * dim)) || 1 };
}

export function applyScaling({ features, labels, dim }: FeatureSet, { mean, scale }: Scaling): FeatureSet {
  const scaled = new Float32Array(features.length);
  for (let at = 0; at < features.length; at += dim)
    for (let j = 0; j < dim; j++) scaled[at + j] = (features[at + j]! - mean[j]!) / scale;
  return { features: scaled, labels, dim };
}
