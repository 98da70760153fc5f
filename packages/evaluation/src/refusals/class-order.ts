import type { FeatureSet, Flag, Prediction, ResultRow } from '@simclr/artifacts';
import { confusionMatrix, exactMcNemar } from '@simclr/probe';
import type { FeatureSource } from '../feature-source.ts';

/** Points of accuracy that another order of the classes has to gain, and that test rows lack to the validation score. */
const GAIN = 0.05;
/** Share of the validation score that test rows reach in that order. */
const REACHED = 0.8;
/** By chance alone it is better with this probability at most: of all orders the best was sought. */
const BY_CHANCE = 1e-4;

/**
 * Test labels that count the classes in another order than those that were learned from: read in the order that makes the
 * most of them right, nearly as many are right as on validation, and more than as they are.
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
  const taken = [...oneToOne(confusion, count)];
  const rows = (pairs: readonly (readonly [label: number, other: number])[]) =>
    pairs.reduce((sum, [label, other]) => sum + confusion[label * count + other]!, 0);
  const reordered = rows(taken) / test.labels.length;
  if (row.score > row.validationScore - GAIN) return [];
  if (reordered < row.top1 + GAIN || reordered < REACHED * row.validationScore) return [];
  const moved = taken.filter(([label, other]) => label !== other);
  const asTheyAre = moved.map(([label]) => [label, label] as const);
  if (exactMcNemar(rows(moved), rows(asTheyAre)) > BY_CHANCE) return [];
  const [label, other] = moved.sort(([a], [b]) => a - b)[0]!;
  const message = `class order shifted: test rows of ${dataset} labelled ${classes[label]} look like ${classes[other]} of train; in another order ${(100 * reordered).toFixed(1)} % of them would be right, and not ${(100 * row.top1).toFixed(1)} %. compare the lists of classes of the splits`;
  return [{ kind: 'class-order', dataset, message }];
}

/** For each label another class, those first for which most rows are taken. @param confusion [label, class] */
function oneToOne(confusion: Int32Array, count: number): Map<number, number> {
  const places = [...confusion.keys()].filter((at) => confusion[at]! > 0);
  // Of equal ones its own class.
  const own = (at: number) => Number(Math.floor(at / count) === at % count);
  places.sort((a, b) => confusion[b]! - confusion[a]! || own(b) - own(a));
  const [taken, used] = [new Map<number, number>(), new Set<number>()];
  for (const at of places) {
    const [label, other] = [Math.floor(at / count), at % count];
    if (taken.has(label) || used.has(other)) continue;
    taken.set(label, other);
    used.add(other);
  }
  return taken;
}
