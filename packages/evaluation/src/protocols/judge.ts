import { type FeatureKind, type FeatureSet, type Prediction, packFloats, type ResultRow } from '@simclr/artifacts';
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
import type { Learned, Learning } from './learning.ts';

/** A row of the results, and what it predicted. */
export interface Evaluated {
  row: ResultRow;
  prediction: Prediction;
}

/** The one look at the test rows: what a classifier, which is made by now, gives them, by every metric that there is. */
export function judge(
  { key: made, made: facts, scores: scoresOf, scale }: Learned,
  test: FeatureSet,
  { dataset, classes, metric, features }: Pick<Learning, 'dataset' | 'classes' | 'metric'> & { features: FeatureKind },
): Evaluated {
  const key = { dataset, features, ...made };
  const testRows = test.features.length / test.dim;
  const scores = scoresOf(test.features);
  const predicted = largestOf(scores, classes);
  const said = { ...key, predicted: Array.from(predicted) };
  if (metric === '11-point-map') {
    const score = meanAveragePrecision(scores, test.labels, classes);
    const top1 = topOneOfSeveral(scores, test.labels, classes);
    return {
      row: { ...key, ...facts, testRows, metric, score, top1 },
      prediction: { ...said, scores: packFloats(scores) },
    };
  }
  const top1 = topOne(predicted, test.labels);
  const perClass = meanPerClass(predicted, test.labels);
  const p = scale === 'none' ? undefined : scale === 'logits' ? probabilities(scores, classes) : scores;
  return {
    row: {
      ...key,
      ...facts,
      testRows,
      metric,
      score: metric === 'top-1' ? top1 : perClass,
      top1,
      ...(classes > 5 && { top5: topK(scores, test.labels, classes, 5) }),
      meanPerClass: perClass,
      ...(p && { calibrationError: calibrationError(calibrationBins(p, test.labels, classes)) }),
    },
    prediction: {
      ...said,
      ...(p && { confidence: packFloats(Float32Array.from(predicted, (c, i) => p[i * classes + c]!)) }),
    },
  };
}
