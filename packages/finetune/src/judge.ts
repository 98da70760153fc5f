import type { DatasetMetric, Prediction, ResultRow, RowKey } from '@simclr/artifacts';
import {
  calibrationBins,
  calibrationError,
  largestOf,
  meanPerClass,
  measure,
  outcomeOf,
  probabilities,
  topK,
  topOne,
} from '@simclr/probe';
import type { Validation } from './trainer.ts';

/** What a classifier says of some images, and what is right. */
export interface Said {
  /** [n, classes]. */
  logits: Float32Array;
  /** [n]. */
  labels: Int32Array;
  classes: number;
  metric: DatasetMetric;
}

/** The metric, and the mean cross-entropy, nats; NaN of logits that are no numbers. */
export function judge({ logits, labels, classes, metric }: Said): Validation {
  const p = probabilities(logits, classes);
  let loss = 0;
  for (const [i, label] of labels.entries()) loss -= Math.log(p[i * classes + label]!);
  return { score: measure(outcomeOf(metric, logits, labels, classes)), loss: loss / labels.length };
}

/** A row of results.json, and its prediction. */
export function judgedRow(
  key: RowKey,
  made: Omit<ResultRow, keyof RowKey | 'testRows' | 'metric' | 'score' | 'top1'>,
  { logits, labels, classes, metric }: Said,
): { row: ResultRow; prediction: Prediction } {
  const predicted = largestOf(logits, classes);
  const row: ResultRow = {
    ...key,
    ...made,
    testRows: labels.length,
    metric,
    score: measure(outcomeOf(metric, logits, labels, classes)),
    top1: topOne(predicted, labels),
    ...(classes > 5 && { top5: topK(logits, labels, classes, 5) }),
    meanPerClass: meanPerClass(predicted, labels),
    calibrationError: calibrationError(calibrationBins(probabilities(logits, classes), labels, classes)),
  };
  return { row, prediction: { ...key, predicted: Array.from(predicted) } };
}
