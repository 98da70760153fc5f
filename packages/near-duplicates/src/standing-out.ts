import type { NearPair } from './find-duplicates.ts';

/** Share of the images that may be one with others before all of them are taken to be alike. */
const COMMON = 0.25;
const STRICTER = [0.96, 0.98, 0.99, 0.995];

/**
 * Where all images are alike, as clothes on black are, two are one from a higher likeness on.
 *
 * @param images how many there are
 * @param rows of a pair, those that are counted among them
 */
export function standingOut(
  pairs: readonly NearPair[],
  images: number,
  rows: (pair: NearPair) => number[] = ({ a, b }) => [a, b],
): readonly NearPair[] {
  let left = pairs;
  for (const least of STRICTER) {
    if (new Set(left.flatMap(rows)).size <= COMMON * images) break;
    left = left.filter(({ likeness }) => likeness >= least);
  }
  return left;
}
