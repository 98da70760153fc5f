import { addressed } from '@simclr/stage';

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

/** What a model is judged by: the mean over examples, or over classes of the mean over their examples. */
export type ComparedMetric = 'top-1' | 'mean-per-class';

export interface Comparison {
  labels: ArrayLike<number>;
  /** Predicted classes of two models. */
  first: ArrayLike<number>;
  second: ArrayLike<number>;
  metric: ComparedMetric;
  seed: number;
  /** Arrangements drawn; all of them are taken where there are no more. The paper's 100,000 by default. */
  samples?: number;
}

/** Stream of the draws of arrangements. */
const PERMUTATION_STREAM = 0x706572;

/**
 * Two-sided permutation test (paper, section B.8): how often, when the two models' predictions are swapped example by
 * example at random, their metrics differ at least as much as they do. For top-1 this is McNemar's test.
 *
 * @returns the metric of the first less that of the second, and the p-value; a drawn one counts what was observed as one
 * more draw, so that it is never 0
 */
export function permutationTest({ labels, first, second, metric, seed, samples = 100_000 }: Comparison): {
  difference: number;
  p: number;
} {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1);
  // Both metrics are sums over examples: a swap turns the sign of what an example adds to the difference.
  const shares: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const sign = Number(first[i] === labels[i]) - Number(second[i] === labels[i]);
    const share = metric === 'top-1' ? labels.length : counts.size * counts.get(labels[i]!)!;
    if (sign !== 0) shares.push(sign / share);
  }
  const difference = shares.reduce((sum, share) => sum + share, 0);
  const atLeast = Math.abs(difference) - 1e-12;
  const n = shares.length;

  /** Whether the arrangement differs as much; bit i of `words` swaps example i. */
  const extreme = (words: ArrayLike<number>): boolean => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (words[i >>> 5]! >>> (i & 31)) & 1 ? -shares[i]! : shares[i]!;
    return Math.abs(sum) >= atLeast;
  };
  let count = 0;
  if (2 ** n <= samples) {
    for (let arrangement = 0; arrangement < 2 ** n; arrangement++) if (extreme([arrangement])) count++;
    return { difference, p: count / 2 ** n };
  }
  const random = addressed(seed, PERMUTATION_STREAM);
  const words = new Uint32Array(Math.ceil(n / 32));
  for (let sample = 0; sample < samples; sample++) {
    for (let word = 0; word < words.length; word++) words[word] = random.uint32();
    if (extreme(words)) count++;
  }
  return { difference, p: (count + 1) / (samples + 1) };
}
