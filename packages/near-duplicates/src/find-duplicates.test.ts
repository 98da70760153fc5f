import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findDuplicates } from './find-duplicates.ts';
import { HashIndex, RADIUS } from './hash-index.ts';
import { Looks } from './looks.ts';

const SIDE = 48;
const COUNT = 120;

/** Numbers in [0, 1) that are always the same. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Colour as a function of place, both in [0, 1]: some waves and some spots. */
function scene(seed: number): (x: number, y: number, c: number) => number {
  const next = random(seed + 1);
  for (let i = 0; i < 5; i++) next();
  const waves = Array.from({ length: 6 }, () => [next() * 14 - 7, next() * 14 - 7, next() * 6.28, next() * 30]);
  const spots = Array.from({ length: 6 }, () => [next(), next(), 0.05 + next() * 0.2, next() * 160 - 80, next()]);
  return (x, y, c) => {
    let value = 128;
    for (const [u, v, phase, high] of waves as [number, number, number, number][])
      value += high * Math.sin(u * x + v * y + phase + c);
    for (const [cx, cy, r, high, tint] of spots as [number, number, number, number, number][])
      value += high * (1 - tint * (c / 2)) * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / r ** 2);
    return Math.min(255, Math.max(0, value));
  };
}

type Place = (x: number, y: number) => [number, number];
const render = (
  seed: number,
  side: number,
  { place = (x, y) => [x, y], gain = 1, noise = 0 }: { place?: Place; gain?: number; noise?: number },
) => {
  const [of, next] = [scene(seed), random(seed + 77)];
  return Uint8ClampedArray.from({ length: side * side * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    const [x, y] = place(((at % side) + 0.5) / side, (Math.floor(at / side) + 0.5) / side);
    return gain * of(x, y, i % 3) + noise * (next() - 0.5);
  });
};
const looksOf = (
  side: number,
  change: Parameters<typeof render>[2] | ((i: number) => Parameters<typeof render>[2]) = {},
) => {
  const looks = new Looks();
  for (let i = 0; i < COUNT; i++)
    looks.add(render(i, side, typeof change === 'function' ? change(i) : change), [side, side, 3]);
  return looks;
};

describe('findDuplicates', () => {
  const originals = looksOf(SIDE);
  const crop = (i: number) => {
    const next = random(i + 5);
    const [left, top] = [0.05 * next(), 0.05 * next()];
    return { place: ((x, y) => [left + 0.95 * x, top + 0.95 * y]) as Place };
  };

  it('finds none among images that are different', async () => {
    expect(await findDuplicates(originals)).toEqual([]);
  });

  it.each([
    ['noisy, as an encoder leaves them', SIDE, { noise: 24 }],
    ['half as large', SIDE / 2, {}],
    ['twice as large', SIDE * 2, {}],
    ['10 % darker', SIDE, { gain: 0.9 }],
    ['10 % brighter', SIDE, { gain: 1.1 }],
    ['mirrored', SIDE, { place: ((x, y) => [1 - x, y]) as Place }],
    ['cropped by 5 %', SIDE, crop],
    ['cropped, brighter, larger and noisy', 60, (i: number) => ({ ...crop(i), gain: 1.08, noise: 12 })],
  ])('finds at least 95 %% of those that are %s, and no others', async (_, side, change) => {
    const pairs = await findDuplicates(looksOf(side, change), originals);
    expect(pairs.filter(({ a, b }) => a === b).length).toBeGreaterThanOrEqual(0.95 * COUNT);
    expect(pairs.filter(({ a, b }) => a !== b).length).toBeLessThanOrEqual(0.01 * COUNT);
  });

  it('takes blank images, and those of few pixels, for nothing', async () => {
    const looks = new Looks();
    for (const value of [0, 0, 255]) looks.add(new Uint8Array(SIDE * SIDE).fill(value), [SIDE, SIDE, 1]);
    for (let i = 0; i < 2; i++)
      looks.add(
        Uint8Array.from({ length: 64 }, (_, k) => 4 * k),
        [8, 8, 1],
      );
    expect(await findDuplicates(looks)).toEqual([]);
  });

  it('tells how many it has sought, and ends by a signal between images', async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const onProgress = (images: number) => {
      told.push(images);
      setImmediate(() => controller.abort(new Error('enough')));
    };
    await expect(findDuplicates(originals, undefined, { signal: controller.signal, onProgress })).rejects.toThrow(
      'enough',
    );
    expect(told).toEqual([64]);
  });
});

describe('HashIndex', () => {
  const bits = (word: number) => (word >>> 0).toString(2).replaceAll('0', '').length;
  it('finds what a look at all of them finds', () => {
    const words = fc.array(fc.integer(), { minLength: 2, maxLength: 40 });
    const flips = fc.array(fc.nat(63), { maxLength: 14 });
    fc.assert(
      fc.property(words, flips, (values, turned) => {
        const hashes = Int32Array.from(values.slice(0, values.length & ~1));
        let [low, high] = [hashes[0]!, hashes[1]!];
        for (const bit of turned) {
          if (bit < 32) low ^= 1 << bit;
          else high ^= 1 << (bit - 32);
        }
        const found = new Map<number, number>();
        new HashIndex(hashes).near(low, high, found);
        const expected = new Map<number, number>();
        for (let row = 0; row < hashes.length / 2; row++) {
          const different = bits(hashes[2 * row]! ^ low) + bits(hashes[2 * row + 1]! ^ high);
          if (different <= RADIUS) expected.set(row, different);
        }
        expect(new Map([...found].sort(([a], [b]) => a - b))).toEqual(expected);
      }),
      { seed: 19, numRuns: 50 },
    );
  });
});
