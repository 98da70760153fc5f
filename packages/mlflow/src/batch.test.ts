import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchItems, type Item, splitItems } from './batch.ts';
import { checkArtifactPath, checkName, limitValue } from './limits.ts';
import type { Metric } from './types.ts';

const name = fc.stringMatching(/^[a-zA-Z0-9_]([\w .:-]{0,200}[\w:-])?$/).filter((text) => !text.startsWith('..'));
const value = fc.oneof(
  fc.string({ maxLength: 50, unit: 'grapheme' }),
  // Long ones, whose JSON is up to six times as long: they reach the limit of bytes.
  fc.tuple(fc.constantFrom('x', '\u0001', '😀', '"'), fc.nat({ max: 9000 })).map(([text, times]) => text.repeat(times)),
);
const metric: fc.Arbitrary<Metric> = fc.record({
  key: name,
  value: fc.double(),
  timestamp: fc.nat(),
  step: fc.integer(),
});
const many = { minLength: 0, maxLength: 300 };

/** As log-batch sends it. */
const body = (group: Item[]) => {
  const of = (kind: string) => group.filter((item) => item.kind === kind).map((item) => item.wire);
  return JSON.stringify({ run_id: 'r'.repeat(256), metrics: of('metrics'), params: of('params'), tags: of('tags') });
};

describe('splitItems', () => {
  it('keeps every request within the limits and loses, repeats and reorders nothing', () => {
    fc.assert(
      fc.property(
        fc.array(metric, many),
        fc.dictionary(name, value, { maxKeys: 250 }),
        fc.dictionary(name, value, { maxKeys: 250 }),
        fc.integer({ min: 1, max: 12 }),
        (few, params, tags, times) => {
          const metrics = Array.from({ length: times }, () => few).flat();
          const items = batchItems({ metrics, params, tags }, true);
          const groups = splitItems(items);
          expect(groups.flat()).toEqual(items);
          for (const group of groups) {
            const count = (kind: string) => group.filter((item) => item.kind === kind).length;
            expect(group.length).toBeGreaterThan(0);
            expect(group.length).toBeLessThanOrEqual(1000);
            expect(count('params')).toBeLessThanOrEqual(100);
            expect(count('tags')).toBeLessThanOrEqual(100);
            expect(Buffer.byteLength(body(group))).toBeLessThanOrEqual(1_000_000);
          }
          // No more requests than needed: two neighbours never fit into one.
          groups.slice(1).forEach((group, i) => {
            const both = [...groups[i]!, group[0]!];
            const of = (kind: string) => both.filter((item) => item.kind === kind).length;
            const fits = both.length <= 1000 && of('params') <= 100 && of('tags') <= 100;
            expect(fits && Buffer.byteLength(body(both)) < 1_000_000 - 500).toBe(false);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts the bytes of the JSON text, not the characters', () => {
    for (const [character, requests] of [
      ['x', 1],
      ['ß', 2],
      ['😀', 3],
      ['\u0001', 4],
    ] as const) {
      const params = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${i}`, character.repeat(6000)]));
      const groups = splitItems(batchItems({ params }, true));
      expect(groups, character).toHaveLength(requests);
      for (const group of groups) expect(Buffer.byteLength(body(group))).toBeLessThanOrEqual(1_000_000);
    }
  });

  it('needs ten requests for 10,000 points', () => {
    const metrics = Array.from({ length: 10_000 }, (_, step) => ({ key: 'loss', value: 1, timestamp: 1, step }));
    expect(splitItems(batchItems({ metrics }, true)).map((group) => group.length)).toEqual(Array(10).fill(1000));
  });
});

describe('batchItems', () => {
  it('writes numbers that JSON does not have as MLflow reads them', () => {
    const metrics = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0.5].map((value) => ({
      key: 'm',
      value,
      timestamp: 1,
      step: 0,
    }));
    const values = batchItems({ metrics }, true).map((item) => item.wire.value);
    expect(values).toEqual(['NaN', 'Infinity', '-Infinity', -0.5]);
  });

  it('cuts long values by characters, or refuses them', () => {
    const wire = (params: Record<string, string>, truncate: boolean) => batchItems({ params }, truncate)[0]!.wire.value;
    expect(wire({ p: 'x'.repeat(6001) }, true)).toBe('x'.repeat(6000));
    expect(wire({ p: '😀'.repeat(6000) }, true)).toBe('😀'.repeat(6000));
    expect(wire({ p: '😀'.repeat(6001) }, true)).toBe('😀'.repeat(6000));
    expect(() => wire({ p: 'x'.repeat(6001) }, false)).toThrow('param p too long: 6001 characters. allowed: 6000');
    expect(batchItems({ tags: { t: 'x'.repeat(9000) } }, true)[0]!.wire.value).toBe('x'.repeat(8000));
    expect(limitValue('x', 'abc', 3, false)).toBe('abc');
  });
});

describe('names', () => {
  it.each(['loss', 'train/loss', 'a b', 'a.b-c_d:e', 'größe', '.hidden', 'a'.repeat(250)])('allows %j', (text) => {
    expect(() => checkName('metric', text)).not.toThrow();
  });
  it.each([
    '',
    '/a',
    'a/',
    'a//b',
    './a',
    'a/../b',
    '..',
    '.',
    'a,b',
    'a%',
    'a\n',
    'a'.repeat(251),
  ])('refuses %j', (text) => {
    expect(() => checkName('metric', text)).toThrow('invalid metric name: ');
  });
  it.each([
    '',
    '/etc/x',
    '../x',
    'a/../../x',
    'a//b',
    'a/',
    'a\\b',
    'a#b',
    '%2e%2e/x',
  ])('refuses the path %j', (path) => {
    expect(() => checkArtifactPath(path)).toThrow('invalid artifact path: ');
  });
});
