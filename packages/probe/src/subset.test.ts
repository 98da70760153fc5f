import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fewShot, stratifiedSubset } from './index.ts';
import { complement, holdOut } from './subset.ts';

describe('stratifiedSubset', () => {
  const labelled = fc.array(fc.nat(4), { minLength: 1, maxLength: 200 });
  const fraction = fc.double({ min: 0.01, max: 1, noNaN: true });

  it('takes the share of every class, nested, and leaves the rest', () => {
    fc.assert(
      fc.property(labelled, fraction, fraction, fc.nat(), (labels, f, g, seed) => {
        const [small, large] = [Math.min(f, g), Math.max(f, g)].map((share) =>
          stratifiedSubset(labels, share, seed, 7),
        ) as [Uint32Array, Uint32Array];
        const inLarge = new Set(large);
        for (const row of small) expect(inLarge.has(row)).toBe(true);
        for (const label of new Set(labels)) {
          const all = labels.filter((l) => l === label).length;
          const taken = [...large].filter((row) => labels[row] === label).length;
          expect(taken).toBe(Math.min(all, Math.max(1, Math.round(all * Math.max(f, g)))));
        }
        const rest = complement(large, labels.length);
        expect([...large, ...rest].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
      }),
      { numRuns: 100 },
    );
  });
});

describe('fewShot', () => {
  it('takes as many of every class, nested, other ones at another draw', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 200 }), fc.nat(), (some, seed) => {
        const labels = [...some, ...[0, 1, 2, 3, 4].flatMap((label) => Array.from({ length: 10 }, () => label))];
        const [one, five] = [1, 5].map((count) => fewShot(labels, count, seed, 3)) as [Uint32Array, Uint32Array];
        expect([...one].map((row) => labels[row]).sort()).toEqual([0, 1, 2, 3, 4]);
        expect([...five].map((row) => labels[row]).sort()).toEqual([0, 1, 2, 3, 4].flatMap((y) => [y, y, y, y, y]));
        for (const row of one) expect(five).toContain(row);
        expect(fewShot(labels, 5, seed, 4)).not.toEqual(five);
      }),
      { numRuns: 50 },
    );
  });

  it('says which class has too few', () => {
    expect(() => fewShot([0, 0, 1], 2, 1, 3)).toThrow('too few labels: class 1 has 1 rows, 2 a class were asked for');
  });
});

describe('holdOut', () => {
  it('leaves every class a row to fit, in every fold, and shares none with the rows it leaves', () => {
    const labelled = fc.array(fc.nat(4), { minLength: 1, maxLength: 200 });
    const fraction = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(labelled, fraction, fc.integer({ min: 1, max: 5 }), fc.nat(), (labels, share, count, seed) => {
        const classes = (rows: Uint32Array) => new Set(Array.from(rows, (row) => labels[row]));
        const several = labels.filter((label) => labels.filter((other) => other === label).length > 1);
        const folds = holdOut(labels, share, count, seed, 7);
        expect(folds).toHaveLength(count);
        for (const held of folds) {
          const rest = complement(held, labels.length);
          expect([...held, ...rest].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
          expect(classes(rest)).toEqual(new Set(labels));
          expect(classes(held)).toEqual(new Set(several));
        }
        // The first is the one that would be held out alone.
        expect(holdOut(labels, share, 1, seed, 7)[0]).toEqual(folds[0]);
      }),
      { numRuns: 100 },
    );
  });

  it('holds no row out again before all of its class were', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 3);
    expect(new Set(holdOut(labels, 0.2, 5, 3, 7).flatMap((rows) => [...rows])).size).toBe(60);
    // A class of two rows, by turns.
    const [first, second, third] = holdOut([0, 0], 0.1, 3, 3, 7).map(([row]) => row);
    expect([first === second, first === third]).toEqual([false, true]);
  });
});
