import { describe, expect, it } from 'vitest';
import type { TrainStepArgs } from './definitions.ts';
import { trainStepFlops } from './flops.ts';

const args = (network: TrainStepArgs['network'], side: number): TrainStepArgs => ({
  network,
  head: { kind: 'none', layers: 0, outDim: 1 },
  objective: { temperature: 0.5, normalize: true, scale: 'paper' },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
  batch: 1,
  inputShape: [side, side, 3],
});

/** Multiply-adds of an image's forward pass, if the first convolution cost as the others. */
const forward = (network: TrainStepArgs['network'], side: number) => trainStepFlops(args(network, side)) / 12 / 1e9;

describe('trainStepFlops', () => {
  it("counts ResNet-50 as published: 4.1 G multiply-adds at 224 px (torchvision's table: 4.09 GFLOPS)", () => {
    expect(forward({ depth: 50, width: 64, stem: 'imagenet', channels: 3 }, 224)).toBeCloseTo(4.09, 1);
  });

  it('counts a ResNet-18 on CIFAR as published: 0.56 G', () => {
    expect(forward({ depth: 18, width: 64, stem: 'cifar', channels: 3 }, 32)).toBeCloseTo(0.56, 1);
  });

  it('counts a forward pass more in chunks, of whatever size', () => {
    const whole = { ...args({ depth: 18, width: 64, stem: 'cifar', channels: 3 }, 32), batch: 64 };
    const more = trainStepFlops({ ...whole, chunk: 8 }) - trainStepFlops(whole);
    // Two views an image, a multiply-add two operations.
    expect(more / (64 * 2 * 2) / 1e9).toBeCloseTo(0.56, 1);
    expect(trainStepFlops({ ...whole, chunk: 16 })).toBe(trainStepFlops({ ...whole, chunk: 8 }));
  });
});
