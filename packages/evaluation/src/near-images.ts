import type { Flag, ImageDigests } from '@simclr/artifacts';
import { findDuplicates, Looks, type SearchOptions, standingOut } from '@simclr/near-duplicates';
import type { EvaluationImages } from '@simclr/views';

/** What images of a dataset look like, as they are given to the encoder. */
export interface SeenImages {
  /** Of train, and after them those of an official validation split. */
  learned: Looks;
  test: Looks;
}

export const nothingSeen = (): SeenImages => ({ learned: new Looks(), test: new Looks() });

/**
 * Smaller images are not looked at: too little is left of a picture. Clothes of 28 px are all alike, and to compare 70,000 of
 * them with each other takes ten minutes.
 */
const LEAST_SIDE = 32;

/**
 * The same images, which are added to `looks` as they pass: where all of them do, the first time.
 * @param published their shape before they were brought to what the encoder takes, where they had one
 */
export function lookedAt(
  images: EvaluationImages,
  looks: Looks,
  published: readonly number[] | null = null,
): EvaluationImages {
  const { shape } = images;
  if (Math.min(...(published ?? shape).slice(0, 2)) < LEAST_SIDE) return images;
  const size = shape[0] * shape[1] * shape[2];
  let looked = false;
  async function* looking(): AsyncGenerator<Float32Array> {
    looked = true;
    for await (const batch of images.batches()) {
      for (let at = 0; at < batch.length; at += size)
        looks.add(
          batch.subarray(at, at + size).map((value) => 255 * value),
          shape,
        );
      yield batch;
    }
  }
  return { ...images, batches: (rows) => (rows || looked ? images.batches(rows) : looking()) };
}

/**
 * Test images that are one with an image that is learned from but for how it was stored, cropped or mirrored. Those that are
 * the same to the byte are told of by their digests.
 */
export async function flagNear(
  dataset: string,
  { learned, test }: SeenImages,
  digests: ImageDigests,
  options: SearchOptions = {},
): Promise<Flag[]> {
  const known = [...digests.train, ...(digests.validation ?? [])];
  const same = new Set(known);
  const pairsFound = await findDuplicates(learned, test, options);
  const near = pairsFound.filter(({ b }) => !same.has(digests.test[b]!));
  const pairs = standingOut(near, test.count, ({ b }) => [b]);
  const found = new Set(pairs.map(({ b }) => b)).size;
  if (found === 0) return [];
  const { a, b, likeness } = pairs.reduce((most, pair) => (pair.likeness > most.likeness ? pair : most));
  const where = a < digests.train.length ? `train row ${a}` : `validation row ${a - digests.train.length}`;
  const message = `near-duplicates: ${found} test images of ${dataset}, of ${test.count}, are nearly the same as one that is learned from, such as test row ${b} and ${where} (likeness ${likeness.toFixed(2)}). npm run datasets shows them; take them out, or say so beside the score`;
  return [{ kind: 'near-duplicates', dataset, message }];
}
