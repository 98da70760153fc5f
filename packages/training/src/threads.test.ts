import type { TrainStepArgs } from '@simclr/nn';
import { trainStepFlops } from '@simclr/nn/plan';
import { describe, expect, it } from 'vitest';
import { threadsWithinOp } from './threads.ts';

const args = (batch: number): TrainStepArgs => ({
  network: { depth: 18, width: 8, stem: 'cifar', channels: 3 },
  head: { kind: 'nonlinear', layers: 2, outDim: 128 },
  objective: { temperature: 0.5, normalize: true, scale: 'paper' },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
  batch,
  inputShape: [32, 32, 3],
});

describe('threadsWithinOp', () => {
  it('is one for a small step, and left alone for others', () => {
    expect(threadsWithinOp(trainStepFlops(args(8)))).toBe(1);
    expect(threadsWithinOp(trainStepFlops(args(32)))).toBeUndefined();
  });
});
