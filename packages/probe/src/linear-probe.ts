import { UserError } from '@simclr/stage';
import { fitPath, predict } from './logistic-regression.ts';
import { topOne } from './metrics.ts';
import { allRows, type FeatureSet, fitScaling, scaledRows } from './rows.ts';
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
  /** Accuracy on them at that strength. */
  validationAccuracy: number;
  /** Test accuracy after a refit on all training rows. Test rows are seen once, at the end. */
  accuracy: number;
  /** Predicted class of every test row. */
  predictions: Int32Array;
}

/** Stream of the draw of validation rows. */
const VALIDATION_STREAM = 0x76616c;

/** The linear evaluation of section B.8: l2 chosen on validation, refitted on everything, tested once. */
export function linearProbe(
  train: FeatureSet,
  test: FeatureSet,
  { classes, l2s, validationFraction, seed }: ProbeOptions,
): ProbeResult {
  const held = holdOut(train.labels, validationFraction, seed, VALIDATION_STREAM);
  if (held.length === 0)
    throw new UserError(
      `too few labels: ${train.labels.length} rows, one a class, leave none to validate on. raise the label fraction`,
    );
  const kept = complement(held, train.labels.length);
  const scaling = fitScaling(train, kept);
  // From strong to weak, each fit starts near its solution.
  const path = fitPath(
    { ...train, classes, part: { rows: kept, scaling } },
    [...l2s].sort((a, b) => b - a),
  );
  const validation = scaledRows(train, held, scaling);
  let chosen = path[0]!;
  let validationAccuracy = -1;
  for (const classifier of path) {
    const accuracy = topOne(predict(classifier, validation.features), validation.labels);
    // On a tie the stronger, which came first.
    if (accuracy <= validationAccuracy) continue;
    validationAccuracy = accuracy;
    chosen = classifier;
  }
  const rows = allRows(train.labels.length);
  const all = fitScaling(train, rows);
  const [refitted] = fitPath({ ...train, classes, part: { rows, scaling: all } }, [chosen.l2], chosen);
  const predictions = predict(refitted!, scaledRows(test, allRows(test.labels.length), all).features);
  return { l2: chosen.l2, validationAccuracy, accuracy: topOne(predictions, test.labels), predictions };
}
