import { addressed, randomNormal } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { collapseWarning, spreadOf } from './collapse.ts';

const [ROWS, DIM] = [2000, 16];
const random = addressed(5);

/** Features whose direction d has the deviation `scales[d]`, about a mean. */
const features = (scales: number[], mean = 0) =>
  Float32Array.from({ length: ROWS * DIM }, (_, i) => mean + (scales[i % DIM] ?? 0) * randomNormal(random));

describe('spreadOf', () => {
  it('is near 1 and full rank for features that fill the sphere', () => {
    const { std, rank } = spreadOf(features(Array(DIM).fill(1)), ROWS);
    expect(std).toBeGreaterThan(0.97);
    expect(rank).toBeGreaterThan(15);
    expect(collapseWarning({ std, rank })).toBeUndefined();
  });

  it('counts the directions that are used', () => {
    const { rank } = spreadOf(features([1, 1, 1]), ROWS);
    expect(rank).toBeCloseTo(3, 1);
  });

  it('is near 0 for features that are alike, and warns', () => {
    const spread = spreadOf(features(Array(DIM).fill(0.001), 1), ROWS);
    expect(spread.std).toBeLessThan(0.01);
    expect(collapseWarning(spread)).toMatch(/^warning: features are collapsing: deviation 0\.00\d \(1 is healthy\)/);
  });

  it('makes something of features that are all zero, or all the same', () => {
    expect(spreadOf(new Float32Array(ROWS * DIM), ROWS)).toEqual({ std: 0, rank: 1 });
    const same = spreadOf(new Float32Array(ROWS * DIM).fill(2), ROWS);
    expect(same.std).toBeLessThan(1e-3);
    expect(collapseWarning(same)).toBeDefined();
  });

  it('warns of features along one line, which vary', () => {
    expect(collapseWarning(spreadOf(features([1]), ROWS))).toMatch(/1\.0 directions/);
  });
});
