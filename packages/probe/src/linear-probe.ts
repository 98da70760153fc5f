import type { FeatureSet } from '@simclr/artifacts';
import { UserError } from '@simclr/stage';
import { fitPath, type LinearClassifier, predict, type Score, score } from './logistic-regression.ts';
import { topOne } from './metrics.ts';
import { allRows, fitScaling, scaledRows } from './rows.ts';
import { complement, holdOut } from './subset.ts';

export interface ProbeOptions {
  classes: number;
  /** Strengths to choose from. */
  l2s: readonly number[];
  /** Share of the training rows held out for the choice, stratified; at least one row of every class stays. */
  validationFraction: number;
  seed: number;
}

export interface ProbeResult {
  /** Chosen on the held-out rows. */
  l2: number;
  /** Accuracy on them at that strength, over all folds. */
  validationAccuracy: number;
  /** Mean cross-entropy there, nats. */
  validationLoss: number;
  /** How many times rows were held out. */
  folds: number;
  /** Test accuracy after a refit on all training rows. Test rows are seen once, at the end. */
  accuracy: number;
  /** Predicted class of every test row. */
  predictions: Int32Array;
}

/** Stream of the draw of validation rows. */
const VALIDATION_STREAM = 0x76616c;

/** Held-out rows below which rows are held out more than once: a row of a thousand is a tenth of a point of accuracy. */
const ENOUGH_HELD = 1000;

/** How often, at most. */
const MAX_FOLDS = 5;

/** Held-out rows at each strength, as good as a choice can be made of them. */
interface Validation {
  /** By strength, in the order given; sums over folds. */
  scores: Score[];
  /** Rows that the sums are over. */
  rows: number;
  folds: number;
  /** The last fold's classifiers, by strength. */
  path: LinearClassifier[];
}

function validate(train: FeatureSet, l2s: readonly number[], options: ProbeOptions): Validation {
  const { classes, validationFraction, seed } = options;
  const draw = (folds: number) => holdOut(train.labels, validationFraction, folds, seed, VALIDATION_STREAM);
  const once = draw(1)[0]!.length;
  if (once === 0)
    throw new UserError(
      `too few labels: ${train.labels.length} rows, one a class, leave none to validate on. raise the label fraction`,
    );
  const folds = Math.min(Math.ceil(ENOUGH_HELD / once), MAX_FOLDS, Math.max(1, Math.floor(1 / validationFraction)));
  const scores = l2s.map((): Score => ({ right: 0, loss: 0 }));
  let path: LinearClassifier[] = [];
  for (const held of draw(folds)) {
    const kept = complement(held, train.labels.length);
    // Of the rows that are fitted alone: validation rows shall be as new as test rows.
    const scaling = fitScaling(train, kept);
    path = fitPath({ ...train, classes, part: { rows: kept, scaling } }, l2s);
    const validation = scaledRows(train, held, scaling);
    path.forEach((classifier, i) => {
      const { right, loss } = score(classifier, validation);
      scores[i]!.right += right;
      scores[i]!.loss += loss;
    });
  }
  return { scores, rows: once * folds, folds, path };
}

/**
 * The strength with the most held-out rows right; of several, the one with the least cross-entropy on them. Accuracy alone
 * often ties over decades of strengths where few rows are held out, the strongest of which may fit next to nothing.
 */
export function choose(scores: readonly Score[]): number {
  let best = 0;
  scores.forEach(({ right, loss }, i) => {
    const { right: most, loss: least } = scores[best]!;
    if (right > most || (right === most && loss < least)) best = i;
  });
  return best;
}

/** The linear evaluation of section B.8: l2 chosen on validation, refitted on everything, tested once. */
export function linearProbe(train: FeatureSet, test: FeatureSet, options: ProbeOptions): ProbeResult {
  const { classes } = options;
  // From strong to weak, each fit starts near its solution.
  const l2s = options.l2s.toSorted((a, b) => b - a);
  const { scores, rows: held, folds, path } = validate(train, l2s, options);
  const chosen = choose(scores);
  const { right, loss } = scores[chosen]!;
  const rows = allRows(train.labels.length);
  const all = fitScaling(train, rows);
  const part = { rows, scaling: all };
  const [refitted] = fitPath({ ...train, classes, part }, [l2s[chosen]!], path[chosen]);
  const predictions = predict(refitted!, scaledRows(test, allRows(test.labels.length), all).features);
  return {
    l2: l2s[chosen]!,
    validationAccuracy: right / held,
    validationLoss: loss / held,
    folds,
    accuracy: topOne(predictions, test.labels),
    predictions,
  };
}
