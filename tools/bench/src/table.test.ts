import { describe, expect, it } from 'vitest';
import { median, row } from './bench.ts';
import { table } from './table.ts';

describe('table', () => {
  it('lines up columns, four significant digits', () => {
    const at = { case: 'step', unit: 's', peer: 'torch', runs: 6 };
    const text = table([row(at, 0.98134, 1.6583), row({ ...at, unit: 'views/s' }, 69_589.4, 18_312)]);
    expect(text.split('\n')).toEqual([
      'case  unit       ours  peer   theirs  ratio  runs',
      '────  ───────  ──────  ─────  ──────  ─────  ────',
      'step  s        0.9813  torch   1.658   0.59     6',
      'step  views/s   69589  torch   18312   3.80     6',
    ]);
  });
});

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});
