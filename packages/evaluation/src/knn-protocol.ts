import type { FeatureKind, KnnRow } from '@simclr/artifacts';
import { knn } from '@simclr/probe';
import type { ProbeConfig } from './config.ts';
import type { Labelled } from './join-features.ts';
import type { Metric } from './metrics.ts';

/** Weighted kNN over all training rows, those of an official validation split among them: nothing is fitted or chosen. */
export function evaluateKnn(
  dataset: string,
  features: FeatureKind,
  { train, test }: Labelled,
  { k: wanted, temperature }: ProbeConfig['knn'],
  classes: number,
  metric: Metric,
): KnnRow {
  const [trainRows, testRows] = [train.labels.length, test.labels.length];
  const k = Math.min(wanted, trainRows);
  const bank = { bank: train.features, bankLabels: train.labels };
  const accuracy = metric(knn({ ...bank, queries: test.features, classes, k, temperature }), test.labels);
  return { dataset, features, k, trainRows, testRows, accuracy };
}
