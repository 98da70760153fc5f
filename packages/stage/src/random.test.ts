import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressedStream, addressed, permutation, philox, randomNormal } from './random.ts';

describe('philox', () => {
  // Known answers of Random123's kat_vectors (philox4x32 10).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])('agrees with Random123 for counter %j', (counter, key, expected) => {
    const block = Uint32Array.from(counter);
    philox(block, key[0]!, key[1]!);
    expect([...block]).toEqual(expected);
  });
});

describe('addressed', () => {
  it('depends on every part of the address and on nothing else', () => {
    const draw = (...address: number[]) => addressed(7, ...address).uint32();
    expect(draw(1, 2, 3)).toBe(draw(1, 2, 3));
    expect(
      new Set([draw(1, 2, 3), draw(2, 2, 3), draw(1, 3, 3), draw(1, 2, 4), addressed(8, 1, 2, 3).uint32()]).size,
    ).toBe(5);
    expect(addressed(7 + 2 ** 32).uint32()).not.toBe(addressed(7).uint32());
  });

  it('a reused stream equals a fresh one', () => {
    const stream = new AddressedStream().seek(1, 2, 3, 4);
    stream.next();
    stream.seek(5, 6, 7, 8);
    const fresh = addressed(5, 6, 7, 8);
    for (let i = 0; i < 9; i++) expect(stream.uint32()).toBe(fresh.uint32());
  });

  it('is uniform and its normal draws have mean 0 and variance 1', () => {
    const random = addressed(3);
    let sum = 0;
    let square = 0;
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 50_000; i++) {
      bins[Math.floor(random.next() * 10)]!++;
      const z = randomNormal(random);
      sum += z;
      square += z * z;
    }
    for (const bin of bins) expect(Math.abs(bin - 5000)).toBeLessThan(5 * Math.sqrt(4500));
    expect(Math.abs(sum / 50_000)).toBeLessThan(5 / Math.sqrt(50_000));
    expect(Math.abs(square / 50_000 - 1)).toBeLessThan(5 * Math.sqrt(2 / 50_000));
  });
});

describe('permutation', () => {
  it('holds every index once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 }), fc.nat(), (n, seed) => {
        expect([...permutation(n, seed, 1)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
      { numRuns: 50 },
    );
  });

  it('differs from epoch to epoch', () => {
    expect([...permutation(50, 1, 0)]).not.toEqual([...permutation(50, 1, 1)]);
  });
});
