import { type DatasetMetric, type Flag, labelPercent, type ResultRow } from '@simclr/artifacts';
import { repeated } from '@simclr/probe';
import type { StageLog } from '@simclr/stage';

/** Metrics under the names that MLflow has. */
const KEYS: Record<DatasetMetric, string> = {
  'top-1': 'top_1_accuracy',
  'mean-per-class': 'mean_per_class_accuracy',
  '11-point-map': '11_point_map',
};

/**
 * `linear/pretrained/top_1_accuracy`, or `linear-1pct/…`: the mean over draws, and where there are several their
 * deviation and the standard error of the mean;
 * `linear-knn/…` by kNN. Where another metric is the dataset's, its key is there beside top-1's.
 */
export function summaryMetrics(rows: readonly ResultRow[], prefix: string): Record<string, number> {
  const metrics: Record<string, number> = {};
  for (const [key, group] of Map.groupBy(rows, (row) => `${prefix}${suffixOf(row)}/${row.features}`)) {
    const tell = (metric: DatasetMetric, values: number[]) => {
      const { mean, standardError, count } = repeated(values);
      metrics[`${key}/${KEYS[metric]}`] = mean;
      if (standardError === undefined) return;
      metrics[`${key}/${KEYS[metric]}_std`] = standardError * Math.sqrt(count);
      metrics[`${key}/${KEYS[metric]}_standard_error`] = standardError;
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

/** As keys have it: nothing for the linear probe on all labels, `-1pct`, `-knn`, `-few-shot-5`. */
const suffixOf = ({ protocol, labelFraction, shots }: ResultRow): string =>
  (protocol === 'linear' ? '' : `-${protocol}`) + (shots === undefined ? fractionSuffix(labelFraction) : `-${shots}`);

/** `linear/pretrained`, `linear-1pct/pixels`: what a row is of, without its draw. */
export const rowName = (row: ResultRow): string =>
  `${row.protocol === 'linear' ? 'linear' : ''}${suffixOf(row)}/${row.features}`.replace(/^-/, '');

/** As keys have it: nothing for all labels, `-1pct`. */
export const fractionSuffix = (fraction: number): string => (fraction === 1 ? '' : `-${labelPercent(fraction)}pct`);

/** `all labels`, `10 % of labels`, `knn`, `few-shot, 5 a class`. */
function labelsOf({ protocol, labelFraction, shots }: ResultRow): string {
  if (shots !== undefined) return `${protocol}, ${shots} a class`;
  const labels = labelFraction === 1 ? 'all labels' : `${labelPercent(labelFraction)} % of labels`;
  if (protocol === 'linear') return labels;
  return labelFraction === 1 ? protocol : `${protocol}, ${labels}`;
}

/** Says the scores, mean ± standard error over draws, in one line for each protocol and number of labels. */
export function tellRows(rows: readonly ResultRow[], log: StageLog): void {
  for (const [labels, group] of Map.groupBy(rows, labelsOf)) {
    const means = [...Map.groupBy(group, (row) => row.features)].map(([features, same]) => {
      const { mean, standardError } = repeated(same.map(({ score }) => score));
      const spread = standardError === undefined ? '' : ` ± ${(100 * standardError).toFixed(1)}`;
      return `${features} ${(100 * mean).toFixed(1)}${spread} %`;
    });
    log.info(`${group[0]!.dataset}, ${labels}: ${means.join(', ')}`);
  }
}

/** Says what is wrong last, where it is seen, and counts it by kind, so that the end of a run has it too. */
export function tellFlags(flags: readonly Flag[], log: StageLog): Record<string, number> {
  for (const { message } of flags) log.info(`flag: ${message}`);
  const kinds = Map.groupBy(flags, ({ kind }) => kind);
  if (kinds.size > 0) log.tags({ flags: [...kinds.keys()].join(', ') });
  return Object.fromEntries([...kinds].map(([kind, same]) => [`flags/${kind}`, same.length]));
}
