import type { FeatureSet } from '@simclr/artifacts';
import type { KindFeatures } from './feature-source.ts';

/** Rows with labels to learn from, and those to be judged on. */
export interface Labelled {
  /** Rows of `train`, and after them those of an official validation split. */
  train: FeatureSet;
  /** Which of them are of that split; undefined where there is none. */
  validation: Uint32Array | undefined;
  test: FeatureSet;
}

/** Puts the rows of an official validation split behind those of `train`: all protocols learn from both in the end. */
export function joinFeatures({ train, validation, test }: Omit<KindFeatures, 'kind'>): Labelled {
  if (!validation) return { train, validation: undefined, test };
  const rows = train.features.length / train.dim;
  const features = new Float32Array(train.features.length + validation.features.length);
  features.set(train.features);
  features.set(validation.features, train.features.length);
  const labels = new Int32Array(train.labels.length + validation.labels.length);
  labels.set(train.labels);
  labels.set(validation.labels, train.labels.length);
  const official = Uint32Array.from({ length: validation.features.length / validation.dim }, (_, row) => rows + row);
  return { train: { features, labels, dim: train.dim }, validation: official, test };
}
