import type { TrainStepArgs } from '@simclr/nn';
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
    expect(threadsWithinOp(args(8))).toBe(1);
    expect(threadsWithinOp(args(32))).toBeUndefined();
  });

  it('goes by what an op sees: a chunk, not the batch', () => {
    expect(threadsWithinOp(args(512), 8)).toBe(1);
    expect(threadsWithinOp(args(512), 32)).toBeUndefined();
  });
});
