import type { Pixels } from '@simclr/shards';
import { describe, expect, it } from 'vitest';
import { FinetuneConfig } from './config.ts';
import { fitsOf } from './fits.ts';

const labels = Int32Array.from({ length: 200 }, (_, row) => row % 4);
const train: Pixels = {
  ...{ data: new Uint8Array(200), shape: [1, 1, 1], labels, classes: ['a', 'b', 'c', 'd'], rows: 200, digest: '' },
};
const fits = (config: object, official?: Uint32Array) =>
  fitsOf({ name: 'toy', train, official }, FinetuneConfig.parse({ weights: ['pretrained'], ...config }), 7);
const countsOf = (rows: Uint32Array) => [0, 1, 2, 3].map((label) => rows.filter((row) => labels[row] === label).length);

describe('fitsOf', () => {
  it('holds a share of every class out where there is a choice, and trains on all rows in the end', () => {
    const [only] = fits({});
    expect(only!.rows).toHaveLength(200);
    expect(countsOf(only!.validation)).toEqual([5, 5, 5, 5]);
    expect(fits({})[0]!.validation).toEqual(only!.validation);
  });

  it('chooses on the official validation split where there is one', () => {
    const official = Uint32Array.of(150, 160, 170);
    expect(fits({}, official)[0]!.validation).toBe(official);
  });

  it('draws some labels class by class, nested, from all rows; there is nothing to choose', () => {
    const [ten, twenty] = fits({ labelFractions: [0.1, 0.2] }, Uint32Array.of(150, 160, 170));
    expect([ten, twenty].map((fit) => countsOf(fit!.rows))).toEqual([
      [5, 5, 5, 5],
      [10, 10, 10, 10],
    ]);
    for (const row of ten!.rows) expect(twenty!.rows).toContain(row);
    expect(ten!.validation).toHaveLength(0);
    expect(ten!.name).toBe('pretrained-10pct');
  });

  it('draws several times where it is told to, all labels once', () => {
    const named = fits({ labelFractions: [1, 0.1], draws: 2, weights: ['pretrained', 'random-init'] });
    expect(named.map(({ name }) => name)).toEqual(
      ['pretrained', 'random-init'].flatMap((weights) => [weights, `${weights}-10pct`, `${weights}-10pct-1`]),
    );
    expect(named[1]!.rows).not.toEqual(named[2]!.rows);
    expect(named[1]!.rows).toEqual(named[4]!.rows);
  });

  it('takes a listed share as it is', () => {
    const [only, ...others] = fits({ listedFraction: 0.01 });
    expect(others).toEqual([]);
    expect(only!.rows).toHaveLength(200);
    expect(only!.key).toMatchObject({ labelFraction: 0.01, protocol: 'fine-tune' });
    expect(only!.recipe).toMatchObject({ batch: 200, steps: 60 });
  });

  it('says where nothing is left to choose on', () => {
    const one = { ...train, labels: Int32Array.of(0, 1, 2, 3), rows: 4 };
    expect(() => fitsOf({ name: 'toy', train: one, official: undefined }, FinetuneConfig.parse({}), 7)).toThrow(
      'too few labels: 4 rows, one a class, leave none to choose on',
    );
  });
});
