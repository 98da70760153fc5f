import { type DatasetMetric, type Prediction, packFloats, type ResultRow, type RowKey } from '@simclr/artifacts';
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
  topOneOfSeveral,
} from '@simclr/probe';
import type { Validation } from './trainer.ts';

/** What a classifier says of some images, and what is right. */
export interface Said {
  /** [n, classes]. */
  logits: Float32Array;
  /** [n]; of 11-point mAP [n, classes]: 1, −1, or 0 where it is difficult. */
  labels: Int32Array;
  classes: number;
  metric: DatasetMetric;
}

const scoreOf = ({ logits, labels, classes, metric }: Said) => measure(outcomeOf(metric, logits, labels, classes));

/** The metric, and the mean loss that was trained with, nats; NaN of logits that are no numbers. */
export function judge(said: Said): Validation {
  return { score: scoreOf(said), loss: said.metric === '11-point-map' ? binaryLoss(said) : crossEntropy(said) };
}

/** From logits: a probability may be too small for a number, its logarithm is not. */
function crossEntropy({ logits, labels, classes }: Said): number {
  let loss = 0;
  for (const [i, label] of labels.entries()) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const top = row.reduce((most, logit) => Math.max(most, logit));
    loss += Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - top), 0)) + top - row[label]!;
  }
  return loss / labels.length;
}

/** Over all images and classes that are not difficult. */
function binaryLoss({ logits, labels }: Said): number {
  let [loss, counted] = [0, 0];
  for (const [i, label] of labels.entries()) {
    if (label === 0) continue;
    const margin = label * logits[i]!;
    loss += Math.max(0, -margin) + Math.log1p(Math.exp(-Math.abs(margin)));
    counted++;
  }
  return loss / counted;
}

/** A row of results.json, and its prediction. */
export function judgedRow(
  key: RowKey,
  made: Pick<ResultRow, 'trainRows' | 'choice'> & Partial<ResultRow>,
  said: Said,
): { row: ResultRow; prediction: Prediction } {
  const { logits, labels, classes, metric } = said;
  const predicted = largestOf(logits, classes);
  const prediction = { ...key, predicted: Array.from(predicted) };
  const row = { ...key, ...made, testRows: predicted.length, metric, score: scoreOf(said) };
  if (metric === '11-point-map') {
    return {
      row: { ...row, top1: topOneOfSeveral(logits, labels, classes) },
      prediction: { ...prediction, scores: packFloats(logits) },
    };
  }
  const p = probabilities(logits, classes);
  return {
    row: {
      ...row,
      top1: topOne(predicted, labels),
      ...(classes > 5 && { top5: topK(logits, labels, classes, 5) }),
      meanPerClass: meanPerClass(predicted, labels),
      calibrationError: calibrationError(calibrationBins(p, labels, classes)),
    },
    prediction: {
      ...prediction,
      confidence: packFloats(Float32Array.from(predicted, (likeliest, i) => p[i * classes + likeliest]!)),
    },
  };
}
