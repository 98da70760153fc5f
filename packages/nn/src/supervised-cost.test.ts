import { describe, expect, it } from 'vitest';
import { stepMemory } from './step-memory.ts';
import { supervisedStepFlops, supervisedStepMemory } from './supervised-cost.ts';

const size = {
  network: { depth: 50, width: 64, stem: 'imagenet', channels: 3 },
  batch: 1,
  inputShape: [224, 224, 3],
} as const;
const giga = (fineTuneAfterBlock: number) => supervisedStepFlops({ ...size, fineTuneAfterBlock }) / 2e9;

describe('supervisedStepFlops', () => {
  it('counts three passes of ResNet-50, 4.1 G multiply-adds each, but two of the stem', () => {
    const stem = (112 * 112 * 49 * 3 * 64) / 1e9;
    expect(giga(-1)).toBeCloseTo(3 * 4.09 - stem, 1);
  });

  it('counts one pass of what is frozen', () => {
    expect(giga(4)).toBeCloseTo(4.09, 1);
    const falling = [-1, 0, 1, 2, 3, 4].map(giga);
    for (const [i, value] of falling.slice(1).entries()) expect(value).toBeLessThan(falling[i]!);
  });
});

it('the memory of a supervised step is that of as many views, without a matrix of similarities', () => {
  const { loss, total } = stepMemory(
    {
      ...{ network: size.network, head: { kind: 'none', layers: 0, outDim: 1 }, batch: 32, inputShape: [224, 224, 3] },
      objective: { temperature: 1, normalize: true, scale: 'paper' },
      optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
    },
    'fp32',
  );
  expect(supervisedStepMemory({ ...size, batch: 64 }, 'fp32').total).toBe(total - loss);
});
