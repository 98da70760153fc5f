import { topOne } from '@simclr/probe';

/** Of predicted classes against labels, [rows] each: a fraction, more is better. */
export type Metric = (predicted: ArrayLike<number>, labels: ArrayLike<number>) => number;

/** What test rows are scored by, under the names that MLflow and the reports have. */
export const METRICS = { top_1_accuracy: topOne } satisfies Record<string, Metric>;
export type MetricName = keyof typeof METRICS;

export const DEFAULT_METRIC: MetricName = 'top_1_accuracy';
