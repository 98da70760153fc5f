import type { ClassOutcome } from './outcome.ts';
import { pOf, swapsOf, wordsOf } from './swaps.ts';

/** How many of the repetitions get an example right. */
const rightOf = (outcomes: readonly ClassOutcome[], example: number): number =>
  outcomes.reduce((sum, { predicted, labels }) => sum + Number(predicted[example] === labels[example]), 0);

/**
 * Shares of examples in the difference of two models' metrics, of those that add anything: both metrics are sums over examples.
 * A swap turns the sign. Of repetitions the mean of each model's is taken, example by example.
 *
 * @param first, second repetitions of a model, at least one, on the same examples
 */
export function sharesOf(first: readonly ClassOutcome[], second: readonly ClassOutcome[]): number[] {
  const { labels, metric } = first[0]!;
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const shares: number[] = [];
  labels.forEach((label, i) => {
    // In whole numbers, so that shares of one size are equal.
    const more = rightOf(first, i) * second.length - rightOf(second, i) * first.length;
    const weight = metric === 'top-1' ? labels.length : counts.size * counts.get(label)!;
    if (more !== 0) shares.push(more / (weight * first.length * second.length));
  });
  return shares;
}

const bitsOf = (word: number): number => {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
};

/** Bits of one word whose examples weigh the same. */
interface Piece {
  word: number;
  mask: number;
  weight: number;
}

/**
 * p of the sum of shares when signs are turned at random. Turning a sign of random ones leaves them random: only sizes
 * count, and examples of one size are counted a word of 32 at a time.
 */
export function classSwapTest(shares: readonly number[], options: { seed: number; samples: number }): number {
  const sizes = shares.map(Math.abs).sort((a, b) => a - b);
  const pieces: Piece[] = [];
  sizes.forEach((weight, i) => {
    const last = pieces.at(-1);
    if (last && last.word === i >>> 5 && last.weight === weight) last.mask |= 1 << (i & 31);
    else pieces.push({ word: i >>> 5, mask: 1 << (i & 31), weight });
  });
  const [at, masks] = [pieces.map(({ word }) => word), Int32Array.from(pieces, ({ mask }) => mask)];
  const doubled = Float64Array.from(pieces, ({ weight }) => 2 * weight);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const observed = Math.abs(shares.reduce((sum, share) => sum + share, 0)) - 1e-12;

  const swaps = swapsOf(sizes.length, options.samples, options.seed);
  const words = wordsOf(sizes.length);
  let extreme = 0;
  for (let swap = 0; swap < swaps.count; swap++) {
    swaps.write(swap, words);
    let sum = total;
    for (let i = 0; i < masks.length; i++) sum -= doubled[i]! * bitsOf(words[at[i]!]! & masks[i]!);
    if (Math.abs(sum) >= observed) extreme++;
  }
  return pOf(extreme, swaps);
}
