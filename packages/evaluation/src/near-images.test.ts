import { imageDigest } from '@simclr/artifacts';
import type { EvaluationImages } from '@simclr/views';
import { describe, expect, it } from 'vitest';
import { flagNear, lookedAt, nothingSeen } from './near-images.ts';

const SIDE = 32;
type Picture = (x: number, y: number) => number;

/** Waves that are others for each number, in [0.2, 0.8]. */
const waves =
  (number: number): Picture =>
  (x, y) =>
    0.5 + 0.3 * Math.sin(x / (2 + (number % 7)) + number) * Math.cos(y / (3 + (number % 5)) + x / 9);

function imagesOf(pictures: readonly Picture[]) {
  const values = pictures.map((value) =>
    Float32Array.from({ length: SIDE * SIDE }, (_, i) => value(i % SIDE, Math.floor(i / SIDE))),
  );
  const images: EvaluationImages = {
    shape: [SIDE, SIDE, 1],
    rows: values.length,
    labels: new Int32Array(values.length),
    classes: ['a'],
    async *batches(rows = Uint32Array.from(values.keys())) {
      for (const row of rows) yield values[row]!;
    },
  };
  return { images, digests: values.map((value) => imageDigest(new Uint8Array(value.buffer))) };
}

async function flags(train: readonly Picture[], test: readonly Picture[]) {
  const [learned, judged] = [imagesOf(train), imagesOf(test)];
  const seen = nothingSeen();
  const passing = [lookedAt(learned.images, seen.learned), lookedAt(judged.images, seen.test)];
  for (const images of passing) {
    for await (const _ of images.batches(Uint32Array.of(1))); // A sample of them tells nothing of all.
    for (let time = 0; time < 2; time++) for await (const _ of images.batches());
  }
  expect([seen.learned.count, seen.test.count]).toEqual([train.length, test.length]);
  return flagNear('toy', seen, { train: learned.digests, test: judged.digests });
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => waves(from + i));

describe('near duplicates', () => {
  it('of test images among those that are learned from are flagged, exact ones not again', async () => {
    const brighter: Picture = (x, y) => 1.1 * waves(3)(x, y);
    const mirrored: Picture = (x, y) => waves(5)(SIDE - 1 - x, y);
    const test = [...numbers(20, 30), brighter, mirrored, waves(7)];
    expect(await flags(numbers(0, 10), test)).toEqual([
      {
        kind: 'near-duplicates',
        dataset: 'toy',
        message: expect.stringMatching(
          /^near-duplicates: 2 test images of toy, of 13, are nearly the same as one that is learned from, such as test row 1[01] and train row [35] \(likeness (1\.00|0\.9\d)\)\. /,
        ),
      },
    ]);
  });

  it('are none where all images are others', async () => {
    expect(await flags(numbers(0, 10), numbers(20, 30))).toEqual([]);
  });
});
