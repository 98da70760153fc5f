import type { FeatureSet, Flag, Prediction, ResultRow } from '@simclr/artifacts';
import type { ProbeConfig } from '../config.ts';
import { EVALUATED, type FeatureSource } from '../feature-source.ts';
import { flagBelowBaseline } from './below-baseline.ts';
import { flagClassOrder } from './class-order.ts';
import { flagDifficult } from './difficult.ts';
import { flagIgnored } from './ignored.ts';
import { flagMetric, flagSwapped } from './official.ts';
import { flagShared } from './shared-images.ts';

/** What is wrong with a dataset's features, or with how the config evaluates them. */
export const flagSource = (source: FeatureSource, test: FeatureSet, config: ProbeConfig): Flag[] => [
  ...source.flags,
  ...flagShared(source),
  ...flagSwapped(source),
  ...flagMetric(source),
  ...flagDifficult(source, test),
  ...flagIgnored(source, config),
];

/** What results tell of mistakes. */
export function flagResults(
  { rows, predictions }: { rows: readonly ResultRow[]; predictions: readonly Prediction[] },
  source: FeatureSource,
  test: FeatureSet,
): Flag[] {
  // Of those that were chosen on held-out rows, to compare with, the one that learned from most.
  const chosen = [...rows.keys()].filter(
    (at) => rows[at]!.features === EVALUATED && rows[at]!.validationScore !== undefined,
  );
  const main = chosen.reduce((most, at) => (rows[at]!.trainRows > (rows[most]?.trainRows ?? 0) ? at : most), -1);
  return [
    ...(main < 0 ? [] : flagClassOrder(source, rows[main]!, predictions[main]!, test)),
    ...flagBelowBaseline(rows, source.dataset),
  ];
}
