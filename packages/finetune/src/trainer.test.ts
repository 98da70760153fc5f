import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initSupervisedState, type SupervisedStepArgs } from '@simclr/nn';
import type { Pixels } from '@simclr/shards';
import { addressed, memoryLog } from '@simclr/stage';
import { afterAll, expect, it } from 'vitest';
import { openTrainer, type TrainerOptions } from './trainer.ts';

const work = mkdtempSync(join(tmpdir(), 'trainer-'));
afterAll(() => rmSync(work, { recursive: true }));

const args: SupervisedStepArgs = {
  network: { depth: 10, width: 4, stem: 'cifar', channels: 1 },
  ...{ classes: 2, batch: 8, inputShape: [8, 8, 1], weightDecayInput: true, fineTuneAfterBlock: 2 },
  optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0, useNesterov: true },
};
const random = addressed(2);
const labels = Int32Array.from({ length: 16 }, (_, row) => row % 2);
const train: Pixels = {
  ...{ data: Uint8Array.from({ length: 16 * 64 }, () => 256 * random.next()), shape: [8, 8, 1], rows: 16 },
  ...{ labels, classes: ['a', 'b'], digest: '' },
};
const initial = initSupervisedState(args, 1);
const options: TrainerOptions = {
  ...{ args, initial, rows: Uint32Array.from(labels, (_, row) => row), steps: 3, precision: 'fp32', seed: 1 },
  ...{ logEvery: 1, checkpointSeconds: 60, work, log: memoryLog(), checkpoint: undefined, onStep() {} },
  data: { train, policy: 'crop|flip', labels: { width: 1, train: labels, test: labels } },
  signal: new AbortController().signal,
};

it('leaves what is frozen as it is, and refuses a training that did not', { timeout: 120_000 }, async () => {
  const trainer = await openTrainer(options);
  const { state, curve } = await trainer.train({ name: 'a', learningRate: 0.1, weightDecay: 0 });
  expect(curve.map(({ learningRate }) => learningRate)).toEqual(
    [0.1, 0.075, 0.025].map((rate) => expect.closeTo(rate, 9)),
  );
  for (const name of ['stem/conv1/kernel', 'group2/block1/bn1/moving_mean', 'group2/block1/bn1/gamma'])
    expect(state[name]!.data, name).toEqual(initial[name]!.data);
  for (const name of ['group3/block1/conv1/kernel', 'group3/block1/bn1/moving_mean'])
    expect(state[name]!.data, name).not.toEqual(initial[name]!.data);
  await trainer.close();

  const other = { ...initial };
  const kernel = initial['stem/conv1/kernel']!;
  other['stem/conv1/kernel'] = { ...kernel, data: kernel.data.map((w) => w + 1e-7) };
  const history = { trial: 'b', curve: [], validation: [] };
  const checkpoint = { step: 2, state: other, history, precision: 'fp32' as const };
  const resumed = await openTrainer({ ...options, checkpoint });
  await expect(resumed.train({ name: 'b', learningRate: 0.1, weightDecay: 0 })).rejects.toThrow(
    /^frozen weights changed in training: [0-9a-f]{16} became [0-9a-f]{16}$/,
  );
  await resumed.close();
});
