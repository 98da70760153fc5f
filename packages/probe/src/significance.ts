import { UserError } from '@simclr/stage';
import { classSwapTest, sharesOf } from './class-swap-test.ts';
import type { ClassOutcome, Outcome } from './outcome.ts';
import { rankedSwapTest } from './ranked-swap-test.ts';

/**
 * Exact two-sided McNemar test: the probability, where both models are equally good, of a split of the examples that only
 * one of them gets right at least as uneven as this. min(1, 2 P(X ≤ min)), X ~ Binomial(onlyFirst + onlySecond, ½).
 *
 * @param onlyFirst examples that the first model alone gets right
 */
export function exactMcNemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const least = Math.min(onlyFirst, onlySecond);
  // Logarithm of the largest term, then the smaller ones relative to it: 2⁻ⁿ alone is 0 beyond n = 1074.
  let log = -n * Math.LN2;
  for (let k = 1; k <= least; k++) log += Math.log((n - least + k) / k);
  let sum = 0;
  let term = 1;
  for (let k = least; k >= 0 && term > 1e-17 * sum; k--) {
    sum += term;
    term *= k / (n - k + 1);
  }
  return Math.min(1, 2 * Math.exp(log) * sum);
}

/** Arrangements that the paper draws. */
const SAMPLES = 100_000;

export interface Difference {
  /** The metric of the first model less that of the second. */
  difference: number;
  /** Two-sided. */
  p: number;
  /** How p was found: in closed form, over every arrangement, or over drawn ones. */
  method: 'mcnemar' | 'every-swap' | 'drawn-swaps';
}

/**
 * Two-sided paired permutation test (paper, section B.8): how often, when the two models' predictions are swapped example by
 * example at random, their metrics differ at least as much as they do.
 *
 * Where every example weighs the same (top-1, and mean per class of classes of one size) this is McNemar's test, and p is
 * exact. The paper tests VOC by accuracy; here it is tested by the mAP that is reported.
 *
 * @param first, second one metric of two models on the same test rows in the same order
 * @param options.samples arrangements drawn; all of them are taken where there are no more
 */
export function permutationTest(
  first: Outcome,
  second: Outcome,
  { seed, samples = SAMPLES }: { seed: number; samples?: number },
): Difference {
  if (first.metric !== '11-point-map' && second.metric !== '11-point-map')
    return repeatedTest([first], [second], { seed, samples });
  requirePair(first, second);
  if (first.metric !== '11-point-map' || second.metric !== '11-point-map' || second.classes !== first.classes)
    throw mismatch(first, second);
  const { difference, p, exhaustive } = rankedSwapTest(first, second, { seed, samples });
  return { difference, p, method: exhaustive ? 'every-swap' : 'drawn-swaps' };
}

const mismatch = (first: Outcome, second: Outcome) =>
  new UserError(
    `not a pair: ${first.metric} of ${first.labels.length} labels, ${second.metric} of ${second.labels.length}. ` +
      'two models are compared by one metric on the same test rows: evaluate both on the same dataset',
  );

function requirePair(first: Outcome, second: Outcome): void {
  const same = first.labels.length === second.labels.length && first.labels.every((y, i) => y === second.labels[i]);
  if (!same || first.metric !== second.metric) throw mismatch(first, second);
}

/**
 * `permutationTest` of models that were trained several times, on other draws of labels or from other seeds: of the
 * difference of their mean metrics. What all repetitions of both say of an example is swapped together, since they are not
 * independent of each other on it.
 *
 * @param first, second repetitions, at least one of each; there need not be as many
 */
export function repeatedTest(
  first: readonly ClassOutcome[],
  second: readonly ClassOutcome[],
  { seed, samples = SAMPLES }: { seed: number; samples?: number },
): Difference {
  for (const other of [...first, ...second]) requirePair(first[0]!, other);
  const shares = sharesOf(first, second);
  const difference = shares.reduce((sum, share) => sum + share, 0);
  const size = Math.abs(shares[0] ?? 0);
  if (shares.every((share) => Math.abs(share) === size)) {
    const onlyFirst = shares.filter((share) => share > 0).length;
    return { difference, p: exactMcNemar(onlyFirst, shares.length - onlyFirst), method: 'mcnemar' };
  }
  const p = classSwapTest(shares, { seed, samples });
  return { difference, p, method: 2 ** shares.length <= samples ? 'every-swap' : 'drawn-swaps' };
}
