import { describe, expect, it } from 'vitest';
import { boldCells, repeated } from './index.ts';

describe('repeated', () => {
  it('is mean and standard error', () => {
    // numpy: mean, std(ddof=1) / sqrt(4).
    const { mean, standardError, count } = repeated([0.7, 0.72, 0.69, 0.75]);
    expect([mean, count]).toEqual([0.715, 4]);
    expect(standardError).toBeCloseTo(0.0132287565553, 12);
  });

  it('has no error of one', () => {
    expect(repeated([0.7])).toEqual({ mean: 0.7, count: 1 });
  });
});

describe('boldCells', () => {
  const table = [
    [0.9, 0.5, undefined],
    [0.89, 0.5, undefined],
    [0.7, undefined, 0.2],
  ];
  const asked: number[][] = [];
  const bold = boldCells(table, (best, other, dataset) => {
    asked.push([best, other, dataset]);
    return other === 2 ? 0.049 : 0.05;
  });

  it('marks the best and what is not significantly worse', () => {
    expect(bold).toEqual([
      [true, true, false],
      [true, true, false],
      [false, false, true],
    ]);
  });

  it('asks for the best against each other one, where there are numbers', () => {
    expect(asked).toEqual([
      [0, 1, 0],
      [0, 2, 0],
      [0, 1, 1],
    ]);
  });
});
