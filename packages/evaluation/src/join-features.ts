import type { FeatureSet } from '@simclr/artifacts';

/** Rows of one set, and after them those of another of the same kind where there is one. */
export function joinFeatures(first: FeatureSet, second: FeatureSet | undefined): FeatureSet {
  if (!second) return first;
  const features = new Float32Array(first.features.length + second.features.length);
  features.set(first.features);
  features.set(second.features, first.features.length);
  const labels = new Int32Array(first.labels.length + second.labels.length);
  labels.set(first.labels);
  labels.set(second.labels, first.labels.length);
  return { features, labels, dim: first.dim };
}
