import { expect, it } from 'vitest';
import { exchangeOf, exchangeSeconds } from './exchange.ts';

it('counts a step’s exchange and its time as docs/distributed.md does', () => {
  // ResNet-50 on ImageNet, batch 4,096, 128 ranks; 55 batch norms of 28,736 channels together.
  const channels = Array.from({ length: 55 }, () => 28_736 / 55);
  const step = { parameters: 28e6, channels, batch: 4096, dim: 128, ranks: 128 };
  const { bytes, calls } = exchangeOf(step);
  expect(bytes / 1e6).toBeCloseTo(222 + 8.3 + 0.9, 0);
  expect(calls).toBe(27 + 2 + 110);
  const seconds = exchangeSeconds({ bytes, calls }, { latency: 10e-6, bandwidth: 10e9, ranks: 128 });
  expect(seconds).toBeCloseTo(0.0231 + 139 * 70e-6, 3);
});
