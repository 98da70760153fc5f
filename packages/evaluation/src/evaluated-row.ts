import type { Prediction, ResultRow, RowKey } from '@simclr/artifacts';
import { topOne } from '@simclr/probe';

/** A row of the results, and what it predicted. */
export interface Evaluated {
  row: ResultRow;
  prediction: Prediction;
}

/** What a classifier was made of, with the classes that it gave the test rows. */
export function evaluatedRow(
  { key, ...made }: { key: RowKey } & Pick<ResultRow, 'trainRows' | 'choice'> & Partial<ResultRow>,
  predicted: Int32Array,
  labels: Int32Array,
): Evaluated {
  const score = topOne(predicted, labels);
  const row = { ...key, ...made, testRows: labels.length, metric: 'top-1' as const, score, top1: score };
  return { row, prediction: { ...key, predicted: Array.from(predicted) } };
}
