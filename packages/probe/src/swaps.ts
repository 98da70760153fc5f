import { AddressedStream } from '@simclr/stage';

/** Stream of the draws of arrangements. */
const PERMUTATION_STREAM = 0x706572;

/** Arrangements of a paired permutation test: which examples are swapped between two models. */
export interface Swaps {
  count: number;
  /** All arrangements that there are, or as many drawn as the test is given. */
  exhaustive: boolean;
  /**
   * Writes one: bit i & 31 of word i >>> 5 swaps example i.
   * @param index 0..count−1; the arrangement depends on it alone
   */
  write(index: number, words: Uint32Array): void;
}

/** Arrangements of n examples: all 2ⁿ where they are no more than `samples`, else so many at random, at their addresses. */
export function swapsOf(n: number, samples: number, seed: number): Swaps {
  if (2 ** n <= samples) {
    return {
      count: 2 ** n,
      exhaustive: true,
      write: (index, words) => {
        if (words.length > 0) words[0] = index;
      },
    };
  }
  const stream = new AddressedStream();
  return {
    count: samples,
    exhaustive: false,
    write: (index, words) => {
      stream.seek(seed, PERMUTATION_STREAM, index, 0);
      for (let at = 0; at < words.length; at++) words[at] = stream.uint32();
    },
  };
}

/** Words that an arrangement of n examples takes. */
export const wordsOf = (n: number): Uint32Array => new Uint32Array((n + 31) >>> 5);

/**
 * p of as many arrangements that differ as much as what was observed. Among drawn ones the observed counts as one more
 * draw, so that p is never 0 and the test keeps its level.
 */
export const pOf = (extreme: number, { count, exhaustive }: Swaps): number =>
  exhaustive ? extreme / count : (extreme + 1) / (count + 1);
