import { describe, expect, it } from 'vitest';
import { flagsOf, numbers, type Picture, SIDE, waves } from './testing/pictures.ts';

describe('near duplicates', () => {
  it('of test images among those that are learned from are flagged, exact ones not again', async () => {
    const brighter: Picture = (x, y) => 1.1 * waves(3)(x, y);
    const mirrored: Picture = (x, y) => waves(5)(SIDE - 1 - x, y);
    const { flags, looked } = await flagsOf(numbers(0, 10), [...numbers(20, 30), brighter, mirrored, waves(7)]);
    // Each once: a sample tells nothing of all, and the second time they are known.
    expect(looked).toEqual([10, 13]);
    expect(flags).toEqual([
      {
        kind: 'near-duplicates',
        dataset: 'toy',
        message: expect.stringMatching(
          /^near-duplicates: 2 test images of toy, of 13, are nearly the same as one that is learned from, such as test row 1[01] and train row [35] \(likeness (1\.00|0\.9\d)\)\. /,
        ),
      },
    ]);
  });

  it('are not looked for among small images, enlarged or not', async () => {
    const { flags, looked } = await flagsOf(numbers(0, 10), numbers(0, 10), [28, 28, 1]);
    expect([flags, looked]).toEqual([[], [0, 0]]);
  });

  it('are none where all images are others', async () => {
    expect((await flagsOf(numbers(0, 10), numbers(20, 30))).flags).toEqual([]);
  });
});
