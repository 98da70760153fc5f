import type { FeatureKind } from '@simclr/artifacts';
import { knn } from '@simclr/probe';
import type { ProbeConfig } from './config.ts';
import { type Evaluated, evaluatedRow } from './evaluated-row.ts';
import type { Labelled } from './join-features.ts';

/** Weighted kNN over all training rows, those of an official validation split among them: nothing is fitted or chosen. */
export function evaluateKnn(
  dataset: string,
  features: FeatureKind,
  { train, test }: Labelled,
  { k: wanted, temperature }: ProbeConfig['knn'],
  classes: number,
): Evaluated {
  const trainRows = train.labels.length;
  const k = Math.min(wanted, trainRows);
  const bank = { bank: train.features, bankLabels: train.labels };
  const predicted = knn({ ...bank, queries: test.features, classes, k, temperature });
  const key = { dataset, features, protocol: 'knn', labelFraction: 1, draw: 0 } as const;
  return evaluatedRow({ key, trainRows, choice: { k } }, predicted, test.labels);
}
