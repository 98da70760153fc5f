import type { FeatureSet } from '@simclr/artifacts';
import { type Choosable, choose, type HoldOutOptions, validationRows } from './choice.ts';
import { type LinearClassifier, logitsOf, pathSteps, regressionSteps } from './logistic-regression.ts';
import { type MetricName, measure, outcomeOf } from './outcome.ts';
import { DEFAULT_CONVENTION, type PenaltyConvention, solverPenalty } from './penalty.ts';
import { type LabelledFeatures, labelWidth, takeLabels } from './problem.ts';
import { oneVsRestLoss, softmaxLoss, sumOfLosses } from './row-loss.ts';
import { allRows, fitScaling, scaledFeatures } from './rows.ts';
import { atOnce, type Steps } from './steps.ts';
import { complement } from './subset.ts';

export interface FitOptions {
  classes: number;
  /**
   * What strengths are chosen by: top-1 by default. Of 11-point mAP, labels are [n, classes], 1, −1 or 0 (difficult), and a
   * classifier is fitted one-vs-rest.
   */
  metric?: MetricName;
  /** What strengths mean; `DEFAULT_CONVENTION` by default. */
  convention?: PenaltyConvention;
}

export interface ProbeOptions extends FitOptions, HoldOutOptions {
  /** Strengths to choose from. */
  l2s: readonly number[];
}

/** A strength on held-out rows. */
export interface Trial extends Choosable {
  l2: number;
}

/** A classifier of features as they are. */
export interface FittedProbe {
  /** Of scaled features. */
  classifier: LinearClassifier;
  /** Logits of rows, [n, classes]. @param features [n, d] */
  scores(features: Float32Array): Float32Array;
}

export interface ChosenProbe extends FittedProbe {
  /** The trial that was chosen. */
  chosen: Trial;
  /** Every strength on the held-out rows, from strong to weak. */
  trials: Trial[];
  /** How many times rows were held out. */
  folds: number;
}

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

/** Held-out rows at each strength: sums over folds; and the last fold's classifiers. */
function* validate(train: FeatureSet, l2s: readonly number[], options: ProbeOptions) {
  const { classes, metric = 'top-1' } = options;
  const width = labelWidth({ loss: lossOf(options), classes });
  const folds = validationRows(train, options);
  const sums = l2s.map(() => ({ value: 0, loss: 0 }));
  let path: LinearClassifier[] = [];
  for (const held of folds) {
    const kept = complement(held, train.features.length / train.dim);
    // Scaled as the rows that are fitted alone: validation rows shall be as new as test rows.
    const { problem, scaling, penalty } = problemOf(train, kept, options);
    path = yield* pathSteps(problem, l2s.map(penalty));
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

/**
 * Fits all rows at one strength: what follows a choice, and all there is where rows are too few to choose by, as with a
 * handful of labels a class.
 * @param from where the fit starts, a classifier of nearly the same
 */
export const fitProbe = (...fit: Parameters<typeof fitSteps>): FittedProbe => atOnce(fitSteps(...fit));

/** `fitProbe`, iteration by iteration. */
export function* fitSteps(
  train: FeatureSet,
  l2: number,
  options: FitOptions,
  from?: LinearClassifier,
): Steps<FittedProbe> {
  const { problem, scaling, penalty } = problemOf(train, allRows(train.features.length / train.dim), options);
  const classifier = from
    ? (yield* pathSteps(problem, [penalty(l2)], from, true))[0]!
    : yield* regressionSteps(problem, penalty(l2));
  return {
    classifier,
    scores: (features) =>
      logitsOf(classifier, scaledFeatures(features, train.dim, allRows(features.length / train.dim), scaling)),
  };
}

/**
 * The linear evaluation of section B.8: l2 chosen on validation rows, refitted on everything. It is given no test rows, so
 * that none can take part in the choice.
 */
export const linearProbe = (train: FeatureSet, options: ProbeOptions): ChosenProbe =>
  atOnce(probeSteps(train, options));

/** `linearProbe`, iteration by iteration. */
export function* probeSteps(train: FeatureSet, options: ProbeOptions): Steps<ChosenProbe> {
  // From strong to weak, each fit starts near its solution.
  const l2s = options.l2s.toSorted((a, b) => b - a);
  const { trials, folds, path } = yield* validate(train, l2s, options);
  const place = choose(trials);
  const chosen = trials[place]!;
  return { ...(yield* fitSteps(train, chosen.l2, options, path[place])), chosen, trials, folds };
}
