import type { FeatureSet, Flag, Prediction, ResultRow } from '@simclr/artifacts';
import { confusionMatrix } from '@simclr/probe';
import type { FeatureSource } from '../feature-source.ts';

/** Points of accuracy that another order of the classes has to gain. */
const GAIN = 0.05;
/** Share of the validation score that test rows reach in that order. */
const REACHED = 0.8;

/**
 * Test labels that count the classes in another order than those that were learned from: read by the class that most rows
 * of a label are taken for, each label another one, nearly as many rows are right as on validation, and more than as they are.
 */
export function flagClassOrder(
  { dataset, classes, severalLabels }: Pick<FeatureSource, 'dataset' | 'classes' | 'severalLabels'>,
  row: ResultRow,
  prediction: Prediction,
  test: Pick<FeatureSet, 'labels'>,
): Flag[] {
  if (severalLabels || row.validationScore === undefined) return [];
  const count = classes.length;
  const confusion = confusionMatrix(prediction.predicted, test.labels, count);
  const taken = new Map<number, number>();
  let right = 0;
  for (let label = 0; label < count; label++) {
    const counts = confusion.subarray(label * count, (label + 1) * count);
    const most = counts.reduce((best, rows, c) => (rows > counts[best]! ? c : best), label);
    if (counts[most] === 0) continue;
    taken.set(label, most);
    right += counts[most]!;
  }
  const reordered = right / test.labels.length;
  const each = new Set(taken.values()).size === taken.size;
  if (!each || reordered < row.top1 + GAIN || reordered < REACHED * row.validationScore) return [];
  const [label, other] = [...taken].find(([own, most]) => own !== most)!;
  const message = `class order shifted: test rows of ${dataset} labelled ${classes[label]} look like ${classes[other]} of train; in another order ${(100 * reordered).toFixed(1)} % of them would be right, and not ${(100 * row.top1).toFixed(1)} %. compare the lists of classes of the splits`;
  return [{ kind: 'class-order', dataset, message }];
}
