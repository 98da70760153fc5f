import { join } from 'node:path';
import { expect, it } from 'vitest';
import { alternate } from './alternate.ts';
import { HERE } from './paths.ts';
import type { OurStep } from './sides/our-step.ts';

it('our side of train-step measures a small step, and counts what the peers’ network has', async () => {
  const width = 4;
  const argument: OurStep = {
    args: {
      network: { depth: 18, width, stem: 'cifar', channels: 3 },
      head: { kind: 'nonlinear', layers: 2, outDim: 128 },
      objective: { temperature: 0.5, normalize: true, scale: 'paper' },
      optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0 },
      batch: 4,
      inputShape: [16, 16, 3],
    },
    precision: 'fp32',
    steps: 3,
  };
  const side = {
    name: 'ours',
    command: process.execPath,
    args: [join(HERE, 'sides/our-step.ts'), JSON.stringify(argument)],
  };
  const ours = (await alternate([side], 1, () => {})).get('ours')!;
  expect(ours.seconds).toHaveLength(3);
  expect(ours.gemmPeak).toBeGreaterThan(0);
  // torch's count of peer_model.SimCLR(18, 4, 'cifar').
  expect(ours.parameters).toBe(49_628);
});
