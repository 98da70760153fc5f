import { expect, it } from 'vitest';
import { measureGemmPeak } from './gemm-peak.ts';

it('measures what a core of today can do, and no more', () => {
  const peak = measureGemmPeak(2);
  expect(peak).toBeGreaterThan(1);
  expect(peak).toBeLessThan(100_000);
});
