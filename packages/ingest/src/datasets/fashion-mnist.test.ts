import { gzipSync } from 'node:zlib';
import { UserError } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { Files, pixelsOf, readSplits } from '../testdata/archives.ts';
import { fashionMnist } from './fashion-mnist.ts';

/** A packed IDX file of unsigned bytes. */
function archive(shape: number[], values: ArrayLike<number>): Uint8Array {
  const sizes = Buffer.alloc(4 * shape.length);
  shape.forEach((size, i) => {
    sizes.writeUInt32BE(size, 4 * i);
  });
  return gzipSync(Buffer.concat([Buffer.of(0, 0, 8, shape.length), sizes, Uint8Array.from(values)]));
}

const images = (n: number, height = 28) =>
  archive(
    [n, height, 28],
    Array.from({ length: n * height * 28 }, (_, i) => i % 251),
  );

const read = async (...contents: Uint8Array[]) => {
  using files = new Files();
  fashionMnist.files.forEach(({ name }, i) => void files.put(name, contents[i]!));
  return await readSplits(fashionMnist, files.open());
};

describe('fashionMnist', () => {
  it('pairs images with labels', async () => {
    const { classes, train, test } = await read(images(3), archive([3], [9, 0, 5]), images(2), archive([2], [1, 2]));
    expect(classes).toHaveLength(10);
    expect(train.map(({ label }) => classes[label as number])).toEqual(['Ankle boot', 'T-shirt/top', 'Sandal']);
    expect(train.map(pixelsOf).map((pixels) => [pixels.length, pixels[0]])).toEqual(
      [0, 1, 2].map((i) => [784, (i * 784) % 251]),
    );
    expect(test.map(({ label }) => label)).toEqual([1, 2]);
  });

  it('refuses images and labels that do not belong together, of another size, or beyond the classes', async () => {
    const labels = archive([2], [1, 2]);
    const reading = (trainImages: Uint8Array, trainLabels: Uint8Array) =>
      expect(read(trainImages, trainLabels, images(2), labels)).rejects;
    const mismatch = 'invalid fashion-mnist: images [3,28,28] with 2 labels. expected [n,28,28] with n';
    await reading(images(3), labels).toThrow(new UserError(mismatch));
    await reading(images(2, 27), labels).toThrow(UserError);
    await reading(labels, labels).toThrow(UserError);
    await reading(images(2), archive([2], [1, 10])).toThrow(
      new UserError('invalid fashion-mnist: label 10. expected 0..9'),
    );
    await reading(images(2), labels.subarray(0, -9)).toThrow(/archive: train-labels-idx1-ubyte\.gz\. /);
  });
});
