import { imageDigest } from '@simclr/artifacts';
import type { EvaluationImages } from '@simclr/views';
import { flagNear, lookedAt, nothingSeen } from '../near-images.ts';

/** Side of the images, px. */
export const SIDE = 32;

/** Brightness by place, in [0, 1]. */
export type Picture = (x: number, y: number) => number;

/** Waves that are others for each number. */
export const waves =
  (number: number): Picture =>
  (x, y) =>
    0.5 + 0.3 * Math.sin(x / (2 + (number % 7)) + number) * Math.cos(y / (3 + (number % 5)) + x / 9);

/** Pictures of the numbers from..to. */
export const numbers = (from: number, to: number): Picture[] =>
  Array.from({ length: to - from }, (_, i) => waves(from + i));

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

/**
 * What is flagged of train and test images that pass by, after a sample of them, and twice.
 * @param published their shape before they became these
 */
export async function flagsOf(train: readonly Picture[], test: readonly Picture[], published?: readonly number[]) {
  const [learned, judged] = [imagesOf(train), imagesOf(test)];
  const seen = nothingSeen();
  for (const images of [
    lookedAt(learned.images, seen.learned, published),
    lookedAt(judged.images, seen.test, published),
  ]) {
    for await (const _ of images.batches(Uint32Array.of(1)));
    for (let time = 0; time < 2; time++) for await (const _ of images.batches());
  }
  const flags = await flagNear('toy', seen, { train: learned.digests, test: judged.digests });
  return { flags, looked: [seen.learned.count, seen.test.count] };
}
