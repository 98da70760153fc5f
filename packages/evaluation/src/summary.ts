import type { DatasetMetric, ResultRow } from '@simclr/artifacts';
import type { StageLog } from '@simclr/stage';

/** Metrics under the names that MLflow has. */
const KEYS: Record<DatasetMetric, string> = {
  'top-1': 'top_1_accuracy',
  'mean-per-class': 'mean_per_class_accuracy',
  '11-point-map': '11_point_map',
};

/**
 * `linear/pretrained/top_1_accuracy`, or `linear-1pct/…`: the mean over draws, and the deviation where there are several;
 * `linear-knn/…` by kNN. Where another metric is the dataset's, its key is there beside top-1's.
 */
export function summaryMetrics(rows: readonly ResultRow[], prefix: string): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [key, group] of Map.groupBy(rows, (row) => `${prefix}${suffixOf(row)}/${row.features}`)) {
    const tell = (metric: DatasetMetric, values: number[]) => {
      const mean = meanOf(values);
      metrics[`${key}/${KEYS[metric]}`] = mean;
      if (values.length < 2) return;
      const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      metrics[`${key}/${KEYS[metric]}_std`] = Math.sqrt(square / (values.length - 1));
    };
    const { metric } = group[0]!;
    tell(
      'top-1',
      group.map(({ top1 }) => top1),
    );
    if (metric !== 'top-1')
      tell(
        metric,
        group.map(({ score }) => score),
      );
  }
  return metrics;
}

/** As keys have it: nothing for the linear probe on all labels, `-1pct`, `-knn`. */
const suffixOf = ({ protocol, labelFraction }: ResultRow): string =>
  (protocol === 'linear' ? '' : `-${protocol}`) + fractionSuffix(labelFraction);

/** As keys have it: nothing for all labels, `-1pct`. */
export const fractionSuffix = (fraction: number): string => (fraction === 1 ? '' : `-${percent(fraction)}pct`);

/** A fraction in per cent, without the digits of rounding: `0.07` → `7`. */
const percent = (fraction: number): number => Number((100 * fraction).toPrecision(3));

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Says the scores of the linear probes in one line a label fraction. */
export function tellRows(rows: readonly ResultRow[], log: StageLog): void {
  const linear = rows.filter(({ protocol }) => protocol === 'linear');
  for (const [fraction, group] of Map.groupBy(linear, (row) => row.labelFraction)) {
    const means = [...Map.groupBy(group, (row) => row.features)].map(([features, same]) => {
      return `${features} ${(100 * meanOf(same.map(({ score }) => score))).toFixed(1)} %`;
    });
    const labels = fraction === 1 ? 'all labels' : `${percent(fraction)} % of labels`;
    log.info(`${group[0]!.dataset}, ${labels}: ${means.join(', ')}`);
  }
}
