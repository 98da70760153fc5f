import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitImages } from './fit-images.ts';

const pixels = (shape: readonly [number, number, number], data: Uint8Array) => ({
  data,
  shape,
  labels: Int32Array.of(0),
  classes: ['a'],
  rows: data.length / (shape[0] * shape[1] * shape[2]),
  digest: 'd',
});

/** The images' values, as bytes. */
async function bytes({ batches }: ReturnType<typeof fitImages>): Promise<number[]> {
  const all: number[] = [];
  for await (const batch of batches()) for (const value of batch) all.push(Math.round(value * 255));
  return all;
}

describe('fitImages', () => {
  it('leaves what fits, and keeps a flat image flat through resizing', async () => {
    const flat = pixels([2, 2, 1], new Uint8Array(8).fill(77));
    expect(await bytes(fitImages(flat, [2, 2, 1], 'bicubic'))).toEqual([...flat.data]);
    const fitted = fitImages(flat, [5, 4, 1], 'bicubic');
    expect(await bytes(fitted)).toEqual(new Array(40).fill(77));
    expect(fitted).toMatchObject({ shape: [5, 4, 1], rows: 2 });
  });

  it('makes colour of grey, and grey of colour by its luminance', async () => {
    expect(await bytes(fitImages(pixels([1, 2, 1], Uint8Array.of(10, 250)), [1, 2, 3], 'bicubic'))).toEqual([
      10, 10, 10, 250, 250, 250,
    ]);
    expect(await bytes(fitImages(pixels([1, 1, 3], Uint8Array.of(200, 100, 50)), [1, 1, 1], 'bicubic'))).toEqual([
      Math.round(0.2989 * 200 + 58.7 + 5.7),
    ]);
  });

  it('goes batch by batch, and gives rows in the order asked for', async () => {
    const data = Uint8Array.from({ length: 600 }, (_, i) => i % 251);
    const { batches } = fitImages(pixels([1, 1, 1], data), [1, 1, 3], 'bicubic');
    const rows = Uint32Array.from({ length: 600 }, (_, i) => 599 - i);
    const all: number[] = [];
    for await (const batch of batches(rows)) all.push(...batch.map((value) => Math.round(value * 255)));
    expect(all).toEqual([...rows].flatMap((row) => new Array(3).fill(row % 251)));
  });
});

describe('fitImages against TensorFlow', () => {
  it('resizes the ramp 0..15, 4×4, to 3×3 and 2×2', async () => {
    // Half-pixel Keys a = −0.5 (simclr.md, section 5.2), rounded; the middle of 3×3 is 7.5.
    const ramp = pixels(
      [4, 4, 1],
      Uint8Array.from({ length: 16 }, (_, i) => i),
    );
    expect(await bytes(fitImages(ramp, [2, 2, 1], 'bicubic'))).toEqual([2, 4, 11, 13]);
    const three = await bytes(fitImages(ramp, [3, 3, 1], 'bicubic'));
    expect(three.filter((_, i) => i !== 4)).toEqual([1, 2, 3, 6, 9, 12, 13, 14]);
  });

  it('keeps flat images flat and apart, from any shape to any', async () => {
    const shape = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 3));
    await fc.assert(
      fc.asyncProperty(shape, shape, fc.nat(255), fc.nat(255), async (from, to, first, second) => {
        const [size, n] = [from[0] * from[1] * from[2], to[0] * to[1] * to[2]];
        const data = new Uint8Array(2 * size).fill(first, 0, size).fill(second, size);
        const fitted = new Array(2 * n).fill(first, 0, n).fill(second, n);
        expect(await bytes(fitImages(pixels(from, data), to, 'bicubic'))).toEqual(fitted);
      }),
    );
  });
});
