import type { FeatureSet } from '@simclr/artifacts';
import { UserError } from '@simclr/stage';
import type { MetricName } from './outcome.ts';
import { holdOut, VALIDATION_STREAM } from './subset.ts';

export interface HoldOutOptions {
  /** What is chosen by. */
  metric?: MetricName;
  /** Share of the training rows held out for the choice, stratified; at least one row of every class stays. */
  validationFraction: number;
  seed: number;
  /** Training rows to hold out instead, once: a dataset's own validation split. */
  validation?: Uint32Array | undefined;
}

/** Held-out rows below which rows are held out more than once: a row of a thousand is a tenth of a point of accuracy. */
const ENOUGH_HELD = 1000;

/** How often, at most. */
const MAX_FOLDS = 5;

/** Whether there are rows to choose by: where every class has one row, there are none. */
export const canHoldOut = (labels: Int32Array, { validationFraction, seed }: HoldOutOptions): boolean =>
  holdOut(labels, validationFraction, 1, seed, VALIDATION_STREAM)[0]!.length > 0;

/**
 * Rows of a training set to choose by, fold by fold.
 * @throws UserError where every class has one row
 */
export function validationRows(train: FeatureSet, options: HoldOutOptions): Uint32Array[] {
  const { metric, validation, validationFraction, seed } = options;
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

/** What was tried, on held-out rows. */
export interface Choosable {
  /** The metric, the mean over folds. */
  value: number;
  /** Mean loss a row, nats; where there is none, the first of several equal ones is chosen. */
  loss?: number;
}

/** Metrics that differ by less are equal: sums of the same folds in another order. */
const SAME = 1e-12;

/**
 * The trial with the best metric on held-out rows; of several, the one with the least loss on them. Accuracy alone often
 * ties over decades of strengths where few rows are held out, the strongest of which may fit next to nothing.
 * @param trials from strong to weak
 * @returns its place
 */
export function choose(trials: readonly Choosable[]): number {
  let best = 0;
  trials.forEach(({ value, loss = 0 }, i) => {
    const { value: most, loss: least = 0 } = trials[best]!;
    if (value > most + SAME || (value > most - SAME && loss < least)) best = i;
  });
  return best;
}
