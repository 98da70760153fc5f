import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { choosePrecision, type Precision } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { initModel, type TrainStepArgs } from './definitions.ts';
import { DEPTHS } from './resnet-config.ts';
import { parameterCount, stepMemory } from './step-memory.ts';

const HEADS = [
  { kind: 'nonlinear', layers: 3, outDim: 128 },
  { kind: 'nonlinear', layers: 2, outDim: 16 },
  { kind: 'linear', layers: 2, outDim: 16 },
  { kind: 'none', layers: 2, outDim: 16 },
] as const;

describe('parameterCount', () => {
  it.each(DEPTHS)('counts the variables of a ResNet-%i', (depth) => {
    for (const stem of ['cifar', 'imagenet'] as const) {
      const network = { depth, width: 8, stem, channels: 3 };
      for (const head of HEADS) {
        const { params } = initModel(network, head, undefined);
        const count = parameterCount({ network, head });
        const counted = Object.values(params).reduce((sum, { data }) => sum + data.length, 0);
        expect(count.encoder + count.head, `${stem}, ${head.kind}`).toBe(counted);
      }
    }
  });

  it('counts ResNet-50 as published: 25,557,032 with a classifier of 2,049,000 (torchvision)', () => {
    const network = { depth: 50, width: 64, stem: 'imagenet', channels: 3 } as const;
    expect(parameterCount({ network, head: HEADS[3] })).toEqual({ encoder: 23_508_032, head: 0 });
  });
});

const step = (network: Partial<TrainStepArgs['network']>, side: number, batch: number): TrainStepArgs => ({
  network: { depth: 18, width: 64, stem: 'cifar', channels: 3, ...network },
  head: { kind: 'nonlinear', layers: 2, outDim: 128 },
  objective: { temperature: 0.5, normalize: true, scale: 'paper' },
  optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-4 },
  batch,
  inputShape: [side, side, 3],
});

const bf16 = choosePrecision('auto').precision === 'bf16';

describe('stepMemory', () => {
  it.each([
    ['ResNet-18', 'fp32', step({ width: 16 }, 32, 64)],
    ['ResNet-18', 'bf16', step({ width: 16 }, 32, 64)],
    ['ResNet-50 with ImageNet stem', 'fp32', step({ depth: 50, width: 16, stem: 'imagenet' }, 96, 64)],
    ['mostly weights', 'fp32', step({ width: 64 }, 8, 4)],
    ['mostly similarities', 'fp32', step({ depth: 10, width: 1 }, 4, 2048)],
  ] as [string, Precision, TrainStepArgs][])('%s, %s: a measured peak within a factor of 1.5', (_, precision, args) => {
    if (precision === 'bf16' && !bf16) return;
    const measured = Number(
      execFileSync(
        process.execPath,
        [join(import.meta.dirname, 'testdata/measure-step.ts'), JSON.stringify(args), precision],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
      ),
    );
    const { total, ...parts } = stepMemory(args, precision);
    const told = `${(measured / 1e6).toFixed(0)} MB measured, ${(total / 1e6).toFixed(0)} MB: ${JSON.stringify(parts)}`;
    expect(total / measured, told).toBeGreaterThan(1 / 1.5);
    expect(total / measured, told).toBeLessThan(1.5);
  });

  it('a chunk has the activations of its pairs, and the loss that of the batch', () => {
    const args = step({ depth: 50, stem: 'imagenet' }, 224, 4096);
    const [whole, chunked, alone] = [
      stepMemory(args, 'bf16'),
      stepMemory({ ...args, chunk: 256 }, 'bf16'),
      stepMemory({ ...args, batch: 256 }, 'bf16'),
    ];
    expect(chunked.activations).toBe(alone.activations);
    expect(chunked.loss).toBe(whole.loss);
    expect(whole.activations / chunked.activations).toBe(16);
    expect(stepMemory(args, 'fp32').activations).toBe(2 * whole.activations);
  });
});
