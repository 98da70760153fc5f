import { describe, expect, it } from 'vitest';
import { learningRate, peakRate, trainSteps, warmupSteps } from './schedule.ts';
import { golden } from './testdata/golden.ts';

describe('learning rate against the reference', () => {
  const schedules = golden('lars').cases.filter((c) => c.name.startsWith('schedule/'));
  it.each(schedules.map((c) => [c.name, c] as const))('%s', (_, { params, inputs, outputs }) => {
    const p = params as Record<string, number>;
    const total = p.train_steps || trainSteps(p.num_examples!, p.train_epochs!, p.train_batch_size!);
    expect(total).toBe(outputs.total_steps);
    const config = {
      base: p.base_learning_rate!,
      scaling: params.learning_rate_scaling as 'linear' | 'sqrt',
      warmupEpochs: p.warmup_epochs!,
      batch: p.train_batch_size!,
      rows: p.num_examples!,
      totalSteps: total,
    };
    const rate = learningRate(config);
    const expected = outputs.learning_rate_float64 as number[];
    (inputs.steps as number[]).forEach((step, i) => {
      expect(Math.abs(rate(step) - expected[i]!), `step ${step}`).toBeLessThanOrEqual(1e-12 * peakRate(config) + 1e-15);
    });
  });
});

describe("the reference's full scale", () => {
  it.each([
    ['CIFAR-10, 512, 1000 epochs', 50_000, 512, 1000, 976, 97_657],
    ['ImageNet, 4096, 100 epochs', 1_281_167, 4096, 100, 3127, 31_279],
    ['ImageNet, 4096, 800 epochs (model.ckpt-250228)', 1_281_167, 4096, 800, 3127, 250_228],
  ])('%s: warmup and steps', (_, rows, batch, epochs, warmup, total) => {
    expect([warmupSteps(rows, 10, batch), trainSteps(rows, epochs, batch)]).toEqual([warmup, total]);
  });

  it('ImageNet has the same peak by either scaling', () => {
    expect(peakRate({ base: 0.3, scaling: 'linear', batch: 4096 })).toBeCloseTo(4.8, 12);
    expect(peakRate({ base: 0.075, scaling: 'sqrt', batch: 4096 })).toBeCloseTo(4.8, 12);
  });
});
