import type { FeatureSet } from '@simclr/artifacts';
import { type Scaling, takeLabels } from './problem.ts';

/** Some rows of a feature set, in the order given. */
export function takeRows({ features, labels, dim }: FeatureSet, rows: Uint32Array): FeatureSet {
  const taken = new Float32Array(rows.length * dim);
  for (let i = 0; i < rows.length; i++) taken.set(features.subarray(rows[i]! * dim, (rows[i]! + 1) * dim), i * dim);
  return { features: taken, labels: takeLabels(labels, rows, (labels.length * dim) / features.length), dim };
}

/** The rows 0..n−1. */
export const allRows = (n: number): Uint32Array => Uint32Array.from({ length: n }, (_, row) => row);

/**
 * Mean of every dimension and one common scale, of training features. Centring does not change the optimum (the bias is
 * free), and one scale for all dimensions changes it as another l2 would: the probe stays the paper's, with l2 on a scale
 * that means the same for every kind of features.
 */
export function fitScaling(
  { features, dim }: { features: Float32Array | Float64Array; dim: number },
  rows: Uint32Array,
): Scaling {
  const mean = new Float64Array(dim);
  for (const row of rows) for (let j = 0; j < dim; j++) mean[j]! += features[row * dim + j]!;
  for (let j = 0; j < dim; j++) mean[j]! /= rows.length;
  let variance = 0;
  for (const row of rows) for (let j = 0; j < dim; j++) variance += (features[row * dim + j]! - mean[j]!) ** 2;
  return { mean, scale: Math.sqrt(variance / (rows.length * dim)) || 1 };
}

/** Scaled copies of some rows, in the order given, [rows, dim]. */
export function scaledFeatures(
  features: Float32Array | Float64Array,
  dim: number,
  rows: Uint32Array,
  { mean, scale }: Scaling,
): Float32Array {
  const scaled = new Float32Array(rows.length * dim);
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * dim;
    for (let j = 0; j < dim; j++) scaled[i * dim + j] = (features[from + j]! - mean[j]!) / scale;
  }
  return scaled;
}
