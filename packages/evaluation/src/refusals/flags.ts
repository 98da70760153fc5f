import type { FeatureSet, Flag, Prediction, ResultRow } from '@simclr/artifacts';
import type { ProbeConfig } from '../config.ts';
import { EVALUATED, type FeatureSource } from '../feature-source.ts';
import { flagBelowBaseline } from './below-baseline.ts';
import { flagClassOrder } from './class-order.ts';
import { flagDifficult } from './difficult.ts';
import { flagIgnored } from './ignored.ts';
import { flagMetric, flagSwapped } from './official.ts';
import { flagShared } from './shared-images.ts';

/** A dataset that something is judged on, whatever learns from it. */
export type JudgedOn = Pick<
  FeatureSource,
  'dataset' | 'classes' | 'metric' | 'severalLabels' | 'difficult' | 'splits' | 'images'
>;

/** What is wrong with a dataset, for a probe of features and for a network that is trained on it. */
export const flagData = (data: Omit<JudgedOn, 'classes'>, test: Pick<FeatureSet, 'labels'>): Flag[] => [
  ...flagShared(data),
  ...flagSwapped(data),
  ...flagMetric(data),
  ...flagDifficult(data, test),
];

/** What is wrong with a dataset's features, or with how the config evaluates them. */
export const flagSource = (source: FeatureSource, test: FeatureSet, config: ProbeConfig): Flag[] => [
  ...source.flags,
  ...flagData(source, test),
  ...flagIgnored(source, config),
];

/** What results tell of mistakes. */
export function flagResults(
  { rows, predictions }: { rows: readonly ResultRow[]; predictions: readonly Prediction[] },
  data: Pick<JudgedOn, 'dataset' | 'classes' | 'severalLabels'>,
  test: Pick<FeatureSet, 'labels'>,
): Flag[] {
  // Of those that were chosen on held-out rows, to compare with, the one that learned from most.
  const chosen = [...rows.keys()].filter(
    (at) => rows[at]!.features === EVALUATED && rows[at]!.validationScore !== undefined,
  );
  const main = chosen.reduce((most, at) => (rows[at]!.trainRows > (rows[most]?.trainRows ?? 0) ? at : most), -1);
  return [
    ...(main < 0 ? [] : flagClassOrder(data, rows[main]!, predictions[main]!, test)),
    ...flagBelowBaseline(rows, data.dataset),
  ];
}
