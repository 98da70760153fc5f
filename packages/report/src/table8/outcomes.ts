import { unpackFloats } from '@simclr/artifacts';
import {
  bootstrapInterval,
  type ClassOutcome,
  type Difference,
  type Outcome,
  repeatedTest,
  rightOfSeveral,
} from '@simclr/probe/statistics';
import { UserError } from '@simclr/stage';
import type { Entry } from './entries.ts';

/** What a classifier said of the test rows, by the dataset's metric. */
function outcomeOf({ row, prediction, test }: Entry): Outcome | undefined {
  const labels = Int32Array.from(test.labels);
  if (row.metric !== '11-point-map')
    return { metric: row.metric, labels, predicted: Int32Array.from(prediction.predicted) };
  if (prediction.scores === undefined) return undefined;
  return { metric: row.metric, labels, scores: unpackFloats(prediction.scores), classes: test.classes.length };
}

/** Which test rows a classifier gets right: [n], 1 or 0, and -1 for an image that is passed over, as `rightOfSeveral` says. */
export function rightRows({ prediction: { predicted }, test: { classes, labels, metric } }: Entry): Int8Array {
  if (metric === '11-point-map') return rightOfSeveral(predicted, labels, classes.length);
  return Int8Array.from(predicted, (own, row) => Number(labels[row] === own));
}

/**
 * By which two classifiers are compared: the metric, but of VOC accuracy, as in the paper (section B.8).
 *
 * @param right of `rightRows`
 * @param rows that all are judged on
 */
function compared({ row, prediction, test }: Entry, right: Int8Array, rows: readonly number[]): ClassOutcome {
  if (row.metric === '11-point-map')
    return {
      metric: 'top-1',
      labels: Int32Array.from(rows, () => 1),
      predicted: Int32Array.from(rows, (at) => right[at]!),
    };
  return {
    metric: row.metric,
    labels: Int32Array.from(rows, (at) => test.labels[at]!),
    predicted: Int32Array.from(rows, (at) => prediction.predicted[at]!),
  };
}

/** How two classifiers of the same test rows differ: a fraction, by what is compared, and whether by chance. */
export type Comparison = Difference;

/**
 * The paired permutation test of two classifiers, by the means of their repetitions.
 * @throws UserError where they are not of the same test rows
 */
export function compare(
  first: readonly Entry[],
  second: readonly Entry[],
  options: { seed: number; samples: number },
): Comparison {
  const all = [...first, ...second].map((entry) => ({ entry, right: rightRows(entry) }));
  const [one] = first;
  const other = all.find(({ entry }) => entry.test.digest !== one!.test.digest);
  if (other)
    throw new UserError(
      `not a pair: ${one!.encoder} and ${other.entry.encoder} were tested on different images of ${one!.row.dataset}. run npm run pipeline -- run <pipeline> --force transfer`,
    );
  const rows = [...all[0]!.right.keys()].filter((at) => all.every(({ right }) => right[at]! >= 0));
  const outcomes = all.map(({ entry, right }) => compared(entry, right, rows));
  return repeatedTest(outcomes.slice(0, first.length), outcomes.slice(first.length), options);
}

/** Bootstrap interval of a score over test rows, 95 %; undefined without the scores that it is of. */
export function intervalOf(entry: Entry, options: { seed: number; samples: number }) {
  const outcome = outcomeOf(entry);
  return outcome && bootstrapInterval(outcome, options);
}
