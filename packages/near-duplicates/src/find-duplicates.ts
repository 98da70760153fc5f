import { setImmediate as turn } from 'node:timers/promises';
import { HASHES, MIRROR, WORDS } from './hash.ts';
import { HashIndex } from './hash-index.ts';
import { fit, likenessInDetail, mirroredFit } from './likeness.ts';
import type { Looks } from './looks.ts';

/** Two images that are one: re-encoded, resized, brightened, cropped by up to 5 %, mirrored. */
export interface NearPair {
  /** Row of the first images. */
  a: number;
  /** Row of the second, where there are two; else a row after `a`. */
  b: number;
  /** Correlation of their pixels, LIKE..1. */
  likeness: number;
  mirrored: boolean;
}

/** Likeness from which on two images are one; mirrored ones, of which many are symmetrical, have to be more alike. */
const LIKE = 0.9;
const LIKE_MIRRORED = 0.95;
/** The same of their details. */
const LIKE_IN_DETAIL = 0.84;
/** Beyond it nothing better is sought. */
const SURE = 0.98;
/** Candidates of an image that are verified, the nearest first: frames of a film are all alike. */
const MOST = 24;

/** Images between which others have their turn, a signal's listener among them: some hundredths of a second. */
const PAUSE_EVERY = 64;

export interface SearchOptions {
  /** Ends it, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Told of how many images all that are like them were sought. */
  onProgress?: ((images: number) => void) | undefined;
}

/** Pairs of images that are one, within `first`, or between it and `second`; in the order of their rows. */
export async function findDuplicates(
  first: Looks,
  second: Looks = first,
  { signal, onProgress }: SearchOptions = {},
): Promise<NearPair[]> {
  const pairs = new Map<number, NearPair>();
  const within = first === second;
  const add = (x: number, y: number, pair: Pick<NearPair, 'likeness' | 'mirrored'>) => {
    const [a, b] = within && x > y ? [y, x] : [x, y];
    const key = a * second.count + b;
    if (pair.likeness > (pairs.get(key)?.likeness ?? 0)) pairs.set(key, { a, b, ...pair });
  };
  let done = 0;
  const searched = async () => {
    if (++done % PAUSE_EVERY) return;
    onProgress?.(done);
    await turn();
    signal?.throwIfAborted();
  };
  // A crop is near to a window of the other image: either may be the crop.
  await search(first, second, within, add, searched);
  if (!within) await search(second, first, false, (b, a, pair) => add(a, b, pair), searched);
  return [...pairs.values()].sort((p, q) => p.a - q.a || p.b - q.b);
}

async function search(
  asking: Looks,
  asked: Looks,
  within: boolean,
  found: (row: number, other: number, pair: Pick<NearPair, 'likeness' | 'mirrored'>) => void,
  searched: () => Promise<void>,
): Promise<void> {
  const wholes = new Int32Array(asked.count * WORDS);
  for (let row = 0; row < asked.count; row++) wholes.set(asked.hashesOf(row).subarray(0, WORDS), row * WORDS);
  const index = new HashIndex(wholes);
  for (let row = 0; row < asking.count; row++) {
    await searched();
    if (asking.isBlank(row)) continue;
    const hashes = asking.hashesOf(row);
    for (const mirrored of [false, true]) {
      const near = new Map<number, number>();
      const turned = mirrored ? MIRROR : 0;
      // Of mirrored ones the whole has to do: few are cropped besides.
      for (let i = 0; i < (mirrored ? 1 : HASHES); i++)
        index.near(hashes[WORDS * i]! ^ turned, hashes[WORDS * i + 1]! ^ turned, near);
      for (const other of nearest(near)) {
        if ((within && other === row) || asked.isBlank(other)) continue;
        const [one, two] = [asking.picture(row), asked.picture(other)];
        const best = mirrored ? mirroredFit(one, two) : fit(one, two, SURE);
        if (best.likeness < (mirrored ? LIKE_MIRRORED : LIKE) || likenessInDetail(best) < LIKE_IN_DETAIL) continue;
        found(row, other, { likeness: best.likeness, mirrored });
      }
    }
  }
}

/** @param near rows, and in how many bits they differ */
function nearest(near: Map<number, number>): Iterable<number> {
  if (near.size <= MOST) return near.keys();
  const sorted = [...near].sort(([, a], [, b]) => a - b);
  return sorted.slice(0, MOST).map(([row]) => row);
}
