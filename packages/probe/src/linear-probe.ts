import { fitPath, predict } from './logistic-regression.ts';
import { topOne } from './metrics.ts';
import { applyScaling, type FeatureSet, fitScaling, takeRows } from './rows.ts';
import { complement, stratifiedSubset } from './subset.ts';

export interface ProbeOptions {
  classes: number;
  /** Strengths to choose from. */
  l2s: readonly number[];
  /** Share of the training rows held out for the choice, stratified. */
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
  const held = stratifiedSubset(train.labels, validationFraction, seed, VALIDATION_STREAM);
  const fitRows = takeRows(train, complement(held, train.labels.length));
  const scaling = fitScaling(fitRows);
  const [fitted, validation] = [applyScaling(fitRows, scaling), applyScaling(takeRows(train, held), scaling)];
  // From strong to weak, each fit starts near its solution.
  const path = fitPath(
    { ...fitted, classes },
    [...l2s].sort((a, b) => b - a),
  );
  let best = { l2: Number.NaN, validationAccuracy: -1 };
  for (const classifier of path) {
    const validationAccuracy = topOne(predict(classifier, validation.features), validation.labels);
    // On a tie the stronger, which came first.
    if (validationAccuracy > best.validationAccuracy) best = { l2: classifier.l2, validationAccuracy };
  }
  const all = fitScaling(train);
  const [classifier] = fitPath({ ...applyScaling(train, all), classes }, [best.l2]);
  const predictions = predict(classifier!, applyScaling(test, all).features);
  return { ...best, accuracy: topOne(predictions, test.labels), predictions };
}
