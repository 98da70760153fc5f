import type { KnnRow, ResultRow } from '@simclr/artifacts';
import type { StageLog } from '@simclr/stage';
import { DEFAULT_METRIC, type MetricName } from './metrics.ts';

/**
 * `linear/pretrained/top_1_accuracy`, or `linear-1pct/…`: the mean over draws, and the deviation where there are several;
 * `linear-knn/…` by kNN.
 */
export function summaryMetrics(
  { rows, knn }: { rows: ResultRow[]; knn: KnnRow[] },
  prefix: string,
  metric: MetricName = DEFAULT_METRIC,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [key, group] of Map.groupBy(
    rows,
    (row) => `${prefix}${fractionSuffix(row.labelFraction)}/${row.features}`,
  )) {
    const mean = meanAccuracy(group);
    metrics[`${key}/${metric}`] = mean;
    if (group.length < 2) continue;
    const square = group.reduce((sum, row) => sum + (row.accuracy - mean) ** 2, 0);
    metrics[`${key}/${metric}_std`] = Math.sqrt(square / (group.length - 1));
  }
  for (const { features, accuracy } of knn) metrics[`${prefix}-knn/${features}/${metric}`] = accuracy;
  return metrics;
}

/** As keys have it: nothing for all labels, `-1pct`. */
export const fractionSuffix = (fraction: number): string => (fraction === 1 ? '' : `-${percent(fraction)}pct`);

/** A fraction in per cent, without the digits of rounding: `0.07` → `7`. */
const percent = (fraction: number): number => Number((100 * fraction).toPrecision(3));

const meanAccuracy = (rows: ResultRow[]): number => rows.reduce((sum, row) => sum + row.accuracy, 0) / rows.length;

/** Says the accuracies in one line a label fraction. */
export function tellRows(rows: ResultRow[], log: StageLog): void {
  for (const [fraction, group] of Map.groupBy(rows, (row) => row.labelFraction)) {
    const means = [...Map.groupBy(group, (row) => row.features)].map(([features, same]) => {
      return `${features} ${(100 * meanAccuracy(same)).toFixed(1)} %`;
    });
    const labels = fraction === 1 ? 'all labels' : `${percent(fraction)} % of labels`;
    log.info(`${group[0]!.dataset}, ${labels}: ${means.join(', ')}`);
  }
}
