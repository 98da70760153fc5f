import { meanOfBest, recallsReached } from './average-precision.ts';
import type { RankedOutcome } from './outcome.ts';
import { pOf, swapsOf, wordsOf } from './swaps.ts';

/** Swaps that are counted at once, in four bits of a 32-bit number each. */
const LANES = 8;

/** Additions after which four bits may run over. */
const FULL = 15;

/** Bit i of a byte, moved to bit 4 i. A table and bytes: what the inner loop reads at random fits in the nearest cache. */
const SPREAD = Int32Array.from({ length: 256 }, (_, byte) => {
  let spread = 0;
  for (let lane = 0; lane < LANES; lane++) spread |= ((byte >>> lane) & 1) << (4 * lane);
  return spread;
});

/**
 * Both models' ranking of one class, merged. An entry, 2 row + model, is in the first model's swapped ranking where the row
 * keeps its place and the model is the first, or is swapped and the model is the second; else it is in the second's.
 */
interface MergedRanking {
  /** Entries of positives, the most confident first. */
  positives: Int32Array;
  /** Entries of negatives in the same order, those between two positives whichever model they are of left out. */
  negatives: Uint16Array | Int32Array;
  /** Of each positive, how many of `negatives` are ahead of it. */
  ahead: Int32Array;
  /** Of each positive, negatives that are ahead of it in both rankings, and not in `negatives`. */
  always: Int32Array;
  /** [found + 1], recalls reached with so many positives. */
  recalls: Uint8Array;
}

function mergeRankings(first: RankedOutcome, second: RankedOutcome, c: number): MergedRanking | undefined {
  const { labels, classes } = first;
  const scores = [first.scores, second.scores] as const;
  const rows = Array.from({ length: labels.length / classes }, (_, row) => row);
  const kept = rows.filter((row) => labels[row * classes + c] !== 0);
  const isPositive = (row: number) => labels[row * classes + c] === 1;
  const scoreOf = (entry: number) => scores[entry & 1]![(entry >>> 1) * classes + c]!;
  const entries = kept.flatMap((row) => [2 * row, 2 * row + 1]);
  entries.sort((a, b) => scoreOf(b) - scoreOf(a) || a - b);
  const positives = entries.filter((entry) => isPositive(entry >>> 1));
  if (positives.length === 0) return undefined;

  // The positive that a negative is ahead of; a row whose two entries agree counts in either ranking.
  const gap = new Map<number, number>();
  let passed = 0;
  for (const entry of entries) {
    if (isPositive(entry >>> 1)) passed++;
    else gap.set(entry, passed);
  }
  const always = new Int32Array(positives.length);
  const ahead = new Int32Array(positives.length);
  const negatives = entries.filter((entry) => {
    const at = gap.get(entry);
    if (at === undefined || at === positives.length) return false;
    const agree = at === gap.get(entry ^ 1);
    if (!agree) ahead[at]!++;
    else if ((entry & 1) === 0) always[at]!++;
    return !agree;
  });
  for (let i = 1; i < positives.length; i++) {
    ahead[i]! += ahead[i - 1]!;
    always[i]! += always[i - 1]!;
  }
  const all = positives.length / 2;
  const recalls = Uint8Array.from({ length: all + 1 }, (_, found) => recallsReached(found, all));
  const indices = labels.length / classes < 2 ** 15 ? Uint16Array : Int32Array;
  return { positives: Int32Array.from(positives), negatives: indices.from(negatives), ahead, always, recalls };
}

/** Scratch of a class under eight swaps. */
interface Scratch {
  /** [lanes], positives and negatives so far in the first model's ranking; the others are in the second's. */
  found: Int32Array;
  wrong: Int32Array;
  /** [lanes, 2 models, 11], largest precision by recall. */
  best: Float64Array;
}

/**
 * Adds the differences of a class's average precisions under eight swaps to `sums`. Without branches on what is swapped: a
 * processor would guess half of them wrong.
 * @param kept [2 n], the bit of a swap is 1 where the entry is in the first model's ranking
 */
function addDifferences(ranking: MergedRanking, kept: Uint8Array, scratch: Scratch, sums: Float64Array): void {
  const { positives, negatives, ahead, always, recalls } = ranking;
  const { found, wrong, best } = scratch;
  for (const scratched of [found, wrong, best]) scratched.fill(0);
  let passed = 0;
  for (let i = 0; i < positives.length; i++) {
    while (passed < ahead[i]!) {
      let counts = 0;
      for (const to = Math.min(ahead[i]!, passed + FULL); passed < to; passed++)
        counts = (counts + SPREAD[kept[negatives[passed]!]!]!) | 0;
      for (let lane = 0; lane < LANES; lane++) wrong[lane]! += (counts >>> (4 * lane)) & 0xf;
    }
    const own = kept[positives[i]!]!;
    for (let lane = 0; lane < LANES; lane++) {
      // Of the second ranking where the bit is 0: all ones then, a mask.
      const second = ((own >>> lane) & 1) - 1;
      found[lane]! += 1 + second;
      const f = found[lane]!;
      const w = wrong[lane]!;
      const right = f + (second & (i + 1 - 2 * f));
      const precision = right / (right + always[i]! + w + (second & (passed - 2 * w)));
      const slot = 22 * lane + (second & 11) + recalls[right]!;
      if (precision > best[slot]!) best[slot] = precision;
    }
  }
  for (let lane = 0; lane < LANES; lane++)
    sums[lane]! += meanOfBest(best, 22 * lane) - meanOfBest(best, 22 * lane + 11);
}

/** Permutation test of 11-point mAP: a swap exchanges two models' scores of an example, of all classes at once. NaN where no
 * class has a positive. */
export function rankedSwapTest(
  first: RankedOutcome,
  second: RankedOutcome,
  options: { seed: number; samples: number },
): { difference: number; p: number; exhaustive: boolean } {
  const n = first.labels.length / first.classes;
  const rankings = Array.from({ length: first.classes }, (_, c) => mergeRankings(first, second, c)).filter(
    (ranking) => ranking !== undefined,
  );
  if (rankings.length === 0) return { difference: Number.NaN, p: Number.NaN, exhaustive: true };
  const scratch = { found: new Int32Array(LANES), wrong: new Int32Array(LANES), best: new Float64Array(LANES * 22) };
  const kept = new Uint8Array(2 * n);
  const sums = new Float64Array(LANES);
  /** Differences of mAP under eight swaps. */
  const differences = (swapped: readonly Uint32Array[]): Float64Array => {
    for (let row = 0; row < n; row++) {
      let bits = 0;
      for (let lane = 0; lane < LANES; lane++) bits |= ((swapped[lane]![row >>> 5]! >>> (row & 31)) & 1) << lane;
      kept[2 * row] = ~bits;
      kept[2 * row + 1] = bits;
    }
    sums.fill(0);
    for (const ranking of rankings) addDifferences(ranking, kept, scratch, sums);
    for (let lane = 0; lane < LANES; lane++) sums[lane]! /= rankings.length;
    return sums;
  };

  const words = Array.from({ length: LANES }, () => wordsOf(n));
  const difference = differences(words)[0]!;
  const observed = Math.abs(difference) - 1e-12;
  const swaps = swapsOf(n, options.samples, options.seed);
  let extreme = 0;
  for (let from = 0; from < swaps.count; from += LANES) {
    const count = Math.min(LANES, swaps.count - from);
    for (let lane = 0; lane < count; lane++) swaps.write(from + lane, words[lane]!);
    const found = differences(words);
    for (let lane = 0; lane < count; lane++) if (Math.abs(found[lane]!) >= observed) extreme++;
  }
  return { difference, p: pOf(extreme, swaps), exhaustive: swaps.exhaustive };
}
