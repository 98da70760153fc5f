import { expect, it } from 'vitest';
import { isHopeless } from './hopeless.ts';

it('gives up below the median of those before, once there are four', () => {
  expect(isHopeless(0, [0.5, 0.6, 0.7])).toBe(false);
  const before = [0.9, 0.1, 0.5, 0.3]; // Their median is 0.4.
  expect(isHopeless(0.39, before)).toBe(true);
  expect(isHopeless(0.4, before)).toBe(false);
  expect(isHopeless(0.49, [...before, 0.5])).toBe(true);
  expect(isHopeless(0.5, [...before, 0.5])).toBe(false);
});
