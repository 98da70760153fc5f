import { meanAveragePrecision } from './average-precision.ts';
import { largestOf, meanPerClass, topOne } from './metrics.ts';

/** Test rows of one class each, and the class that a model gave each. */
export interface ClassOutcome {
  metric: 'top-1' | 'mean-per-class';
  /** [n]. */
  labels: Int32Array;
  /** [n]. */
  predicted: Int32Array;
}

/** Test rows of several classes each, and how sure a model is of every class. */
export interface RankedOutcome {
  metric: '11-point-map';
  /** [n, classes], 1 positive, −1 negative, 0 difficult: left out. */
  labels: Int32Array;
  /** [n, classes], higher is more confident. */
  scores: Float32Array;
  classes: number;
}

/** A model's predictions for the test rows of a dataset, and the metric that the paper judges it by (section B.8). */
export type Outcome = ClassOutcome | RankedOutcome;

/** A metric that an outcome is judged by. */
export type MetricName = Outcome['metric'];

/**
 * The outcome of scores.
 * @param scores [n, classes], of which the highest is the prediction
 */
export const outcomeOf = (metric: MetricName, scores: Float32Array, labels: Int32Array, classes: number): Outcome =>
  metric === '11-point-map'
    ? { metric, labels, scores, classes }
    : { metric, labels, predicted: largestOf(scores, classes) };

/** The metric, a fraction. */
export function measure(outcome: Outcome): number {
  if (outcome.metric === '11-point-map') return meanAveragePrecision(outcome.scores, outcome.labels, outcome.classes);
  const { metric, predicted, labels } = outcome;
  return metric === 'top-1' ? topOne(predicted, labels) : meanPerClass(predicted, labels);
}
