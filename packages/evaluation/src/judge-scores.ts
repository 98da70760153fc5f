import { type DatasetMetric, type Prediction, packFloats, type ResultRow, type RowKey } from '@simclr/artifacts';
import {
  calibrationBins,
  calibrationError,
  largestOf,
  meanAveragePrecision,
  meanPerClass,
  probabilities,
  topK,
  topOne,
  topOneOfSeveral,
} from '@simclr/probe';

/** What a classifier gives test rows, and what is right. */
export interface Said {
  /** [n, classes], more is more likely. */
  scores: Float32Array | Float64Array;
  /** What scores are: only these become probabilities. */
  scale: 'logits' | 'probabilities' | 'none';
  /** [n]; of 11-point mAP [n, classes]: 1, −1, or 0 where it is difficult. */
  labels: Int32Array;
  classes: number;
  metric: DatasetMetric;
}

/** A row of the results, and what it predicted. */
export interface Evaluated {
  row: ResultRow;
  prediction: Prediction;
}

/** A classifier by every metric that there is: whatever made it, probes and networks are judged alike. */
export function judgeScores(
  key: RowKey,
  made: Pick<ResultRow, 'trainRows' | 'choice'> & Partial<ResultRow>,
  { scores, scale, labels, classes, metric }: Said,
): Evaluated {
  const predicted = largestOf(scores, classes);
  const said = { ...key, predicted: Array.from(predicted) };
  const row = { ...key, ...made, testRows: predicted.length, metric };
  if (metric === '11-point-map') {
    const score = meanAveragePrecision(scores, labels, classes);
    return {
      row: { ...row, score, top1: topOneOfSeveral(predicted, labels, classes) },
      prediction: { ...said, scores: packFloats(scores) },
    };
  }
  const top1 = topOne(predicted, labels);
  const perClass = meanPerClass(predicted, labels);
  const p = scale === 'none' ? undefined : scale === 'logits' ? probabilities(scores, classes) : scores;
  return {
    row: {
      ...row,
      score: metric === 'top-1' ? top1 : perClass,
      top1,
      ...(classes > 5 && { top5: topK(scores, labels, classes, 5) }),
      meanPerClass: perClass,
      ...(p && { calibrationError: calibrationError(calibrationBins(p, labels, classes)) }),
    },
    prediction: {
      ...said,
      ...(p && { confidence: packFloats(Float32Array.from(predicted, (c, i) => p[i * classes + c]!)) }),
    },
  };
}
