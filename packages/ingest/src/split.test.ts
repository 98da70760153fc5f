import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stratifiedSplit } from './split.ts';

const cases = fc
  .array(fc.nat(6), { minLength: 1, maxLength: 200 })
  .chain((labels) => fc.record({ labels: fc.constant(labels), testRows: fc.nat(labels.length), seed: fc.nat() }));

describe('stratifiedSplit', () => {
  it('puts every row into one part, in order, and as many into the test part as asked for, or as there are to spare', () => {
    fc.assert(
      fc.property(cases, ({ labels, testRows, seed }) => {
        const { train, test } = stratifiedSplit(labels, testRows, seed);
        expect(test).toHaveLength(Math.min(testRows, labels.length - new Set(labels).size));
        const ascending = (rows: number[]) => rows.every((row, i) => i === 0 || row > rows[i - 1]!);
        expect(ascending(train) && ascending(test)).toBe(true);
        expect([...train, ...test].sort((a, b) => a - b)).toEqual(labels.map((_, row) => row));
      }),
    );
  });

  it('leaves every class a row for training', () => {
    fc.assert(
      fc.property(cases, ({ labels, testRows, seed }) => {
        const { train } = stratifiedSplit(labels, testRows, seed);
        expect(new Set(train.map((row) => labels[row]))).toEqual(new Set(labels));
      }),
    );
    const labels = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    for (const testRows of [1, 5, 9, 10])
      for (let seed = 0; seed < 20; seed++) expect(stratifiedSplit(labels, testRows, seed).train).toContain(9);
  });

  it('takes of every class its share, to the nearest row below or above, where none is short of rows', () => {
    fc.assert(
      fc.property(cases, ({ labels, testRows, seed }) => {
        const { test } = stratifiedSplit(labels, testRows, seed);
        const classes = [...new Set(labels)].map((label) => {
          const rows = labels.filter((other) => other === label).length;
          const taken = test.filter((row) => labels[row] === label).length;
          return { rows, taken, exact: (rows * testRows) / labels.length };
        });
        fc.pre(classes.every(({ rows, exact }) => Math.ceil(exact) < rows));
        for (const { taken, exact } of classes) expect(Math.abs(taken - exact)).toBeLessThan(1);
      }),
    );
  });

  it('depends on the labels, the number and the seed alone', () => {
    fc.assert(
      fc.property(cases, ({ labels, testRows, seed }) => {
        const split = stratifiedSplit(labels, testRows, seed);
        expect(stratifiedSplit(Int32Array.from(labels), testRows, seed)).toEqual(split);
      }),
    );
    const labels = Array.from({ length: 100 }, (_, row) => row % 2);
    expect(stratifiedSplit(labels, 20, 1)).not.toEqual(stratifiedSplit(labels, 20, 2));
  });

  it('leaves the rows of a class where they are when another class changes', () => {
    const labels = Array.from({ length: 60 }, (_, row) => Math.floor(row / 20));
    const ofFirst = (rows: number[]) => rows.filter((row) => row < 20);
    const split = stratifiedSplit(labels, 30, 5);
    const shorter = stratifiedSplit(labels.slice(0, 40), 20, 5);
    expect(ofFirst(shorter.test)).toEqual(ofFirst(split.test));
  });
});
