import type { FeatureSet } from '@simclr/artifacts';
import { UserError } from '@simclr/stage';
import { fitPath, type LinearClassifier, logisticRegression, logitsOf } from './logistic-regression.ts';
import { largestOf } from './metrics.ts';
import { type MetricName, measure, type Outcome, outcomeOf } from './outcome.ts';
import { DEFAULT_CONVENTION, type PenaltyConvention, solverPenalty } from './penalty.ts';
import { type LabelledFeatures, labelWidth, takeLabels } from './problem.ts';
import { oneVsRestLoss, softmaxLoss, sumOfLosses } from './row-loss.ts';
import { allRows, fitScaling, scaledFeatures } from './rows.ts';
import { complement, holdOut } from './subset.ts';

export interface FitOptions {
  classes: number;
  /**
   * What strengths are chosen by, and test rows are judged by: top-1 by default. Of 11-point mAP, labels are [n, classes],
   * 1, −1 or 0 (difficult), and a classifier is fitted one-vs-rest.
   */
  metric?: MetricName;
  /** What strengths mean; `DEFAULT_CONVENTION` by default. */
  convention?: PenaltyConvention;
}

export interface ProbeOptions extends FitOptions {
  /** Strengths to choose from. */
  l2s: readonly number[];
  /** Share of the training rows held out for the choice, stratified; at least one row of every class stays. */
  validationFraction: number;
  seed: number;
  /** Training rows to hold out instead, once: a dataset's own validation split. */
  validation?: Uint32Array;
}

/** A strength on held-out rows. */
export interface Trial {
  l2: number;
  /** The metric, the mean over folds. */
  value: number;
  /** Mean loss a row, nats. */
  loss: number;
}

/** A classifier on test rows. */
export interface Tested {
  /** Of scaled features. */
  classifier: LinearClassifier;
  /** Logits of test rows, [m, classes]. */
  scores: Float32Array;
  /** What comparisons take. */
  outcome: Outcome;
}

export interface ProbeResult extends Tested {
  /** Chosen on the held-out rows. */
  l2: number;
  /** Every strength there, from strong to weak. */
  trials: Trial[];
  /** The metric there at the chosen strength, over all folds. */
  validationAccuracy: number;
  /** Mean loss there, nats. */
  validationLoss: number;
  /** How many times rows were held out. */
  folds: number;
  /** The metric of test rows after a refit on all training rows. Test rows are seen once, at the end. */
  accuracy: number;
  /** Class of the highest score of every test row. */
  predictions: Int32Array;
}

/** Stream of the draw of validation rows. */
const VALIDATION_STREAM = 0x76616c;

/** Held-out rows below which rows are held out more than once: a row of a thousand is a tenth of a point of accuracy. */
const ENOUGH_HELD = 1000;

/** How often, at most. */
const MAX_FOLDS = 5;

const lossOf = ({ metric }: FitOptions): NonNullable<LabelledFeatures['loss']> =>
  metric === '11-point-map' ? 'one-vs-rest' : 'softmax';

/** Some rows of a training set as a problem, and what a strength is there. */
function problemOf(train: FeatureSet, rows: Uint32Array, options: FitOptions) {
  const scaling = fitScaling(train, rows);
  const problem: LabelledFeatures = {
    ...train,
    classes: options.classes,
    loss: lossOf(options),
    part: { rows, scaling },
  };
  const penalty = (l2: number) =>
    solverPenalty(l2, options.convention ?? DEFAULT_CONVENTION, rows.length, scaling.scale);
  return { problem, scaling, penalty };
}

/** Rows to hold out, fold by fold. */
function heldOut(train: FeatureSet, { metric, validation, validationFraction, seed }: ProbeOptions): Uint32Array[] {
  if (validation) return [validation];
  const rows = train.features.length / train.dim;
  // Rows of several classes have none to be stratified by.
  const labels = metric === '11-point-map' ? new Int32Array(rows) : train.labels;
  const draw = (folds: number) => holdOut(labels, validationFraction, folds, seed, VALIDATION_STREAM);
  const once = draw(1)[0]!.length;
  if (once === 0)
    throw new UserError(
      `too few labels: ${rows} rows, one a class, leave none to validate on. raise the label fraction`,
    );
  return draw(Math.min(Math.ceil(ENOUGH_HELD / once), MAX_FOLDS, Math.max(1, Math.floor(1 / validationFraction))));
}

/** Held-out rows at each strength: sums over folds; and the last fold's classifiers. */
function validate(train: FeatureSet, l2s: readonly number[], options: ProbeOptions) {
  const { classes, metric = 'top-1' } = options;
  const width = labelWidth({ loss: lossOf(options), classes });
  const folds = heldOut(train, options);
  const sums = l2s.map(() => ({ value: 0, loss: 0 }));
  let path: LinearClassifier[] = [];
  for (const held of folds) {
    const kept = complement(held, train.features.length / train.dim);
    // Scaled as the rows that are fitted alone: validation rows shall be as new as test rows.
    const { problem, scaling, penalty } = problemOf(train, kept, options);
    path = fitPath(problem, l2s.map(penalty));
    const features = scaledFeatures(train.features, train.dim, held, scaling);
    const labels = takeLabels(train.labels, held, width);
    const loss = width === 1 ? softmaxLoss(labels) : oneVsRestLoss(labels, classes);
    path.forEach((classifier, i) => {
      const logits = logitsOf(classifier, features);
      sums[i]!.value += measure(outcomeOf(metric, logits, labels, classes));
      sums[i]!.loss += sumOfLosses(logits, classes, loss) / held.length;
    });
  }
  const count = folds.length;
  const trials = l2s.map((l2, i): Trial => ({ l2, value: sums[i]!.value / count, loss: sums[i]!.loss / count }));
  return { trials, folds: count, path };
}

/** Metrics that differ by less are equal: sums of the same folds in another order. */
const SAME = 1e-12;

/**
 * The strength with the best metric on held-out rows; of several, the one with the least loss on them. Accuracy alone often
 * ties over decades of strengths where few rows are held out, the strongest of which may fit next to nothing.
 * @param trials from strong to weak
 * @returns its place
 */
export function choose(trials: readonly Pick<Trial, 'value' | 'loss'>[]): number {
  let best = 0;
  trials.forEach(({ value, loss }, i) => {
    const { value: most, loss: least } = trials[best]!;
    if (value > most + SAME || (value > most - SAME && loss < least)) best = i;
  });
  return best;
}

/**
 * Fits all training rows at one strength and looks at the test rows: what follows a choice, and all there is where rows are
 * too few to choose by, as with a handful of labels a class.
 * @param from where the fit starts, a classifier of nearly the same
 */
export function fitAndTest(
  train: FeatureSet,
  test: FeatureSet,
  l2: number,
  options: FitOptions,
  from?: LinearClassifier,
): Tested {
  const { classes, metric = 'top-1' } = options;
  const { problem, scaling, penalty } = problemOf(train, allRows(train.features.length / train.dim), options);
  const classifier = from ? fitPath(problem, [penalty(l2)], from, true)[0]! : logisticRegression(problem, penalty(l2));
  const rows = allRows(test.features.length / test.dim);
  const scores = logitsOf(classifier, scaledFeatures(test.features, test.dim, rows, scaling));
  return { classifier, scores, outcome: outcomeOf(metric, scores, test.labels, classes) };
}

/** The linear evaluation of section B.8: l2 chosen on validation, refitted on everything, tested once. */
export function linearProbe(train: FeatureSet, test: FeatureSet, options: ProbeOptions): ProbeResult {
  // From strong to weak, each fit starts near its solution.
  const l2s = options.l2s.toSorted((a, b) => b - a);
  const { trials, folds, path } = validate(train, l2s, options);
  const chosen = choose(trials);
  const { l2, value, loss } = trials[chosen]!;
  const tested = fitAndTest(train, test, l2, options, path[chosen]);
  return {
    ...tested,
    l2,
    trials,
    validationAccuracy: value,
    validationLoss: loss,
    folds,
    accuracy: measure(tested.outcome),
    predictions: largestOf(tested.scores, options.classes),
  };
}
