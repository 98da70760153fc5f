import { join } from 'node:path';
import { runForTest, whyNoRanks } from '@simclr/collective/testing';
import { addressed } from '@simclr/stage';
import { compile } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { definitions, initTrainState, type TrainStepArgs } from './definitions.ts';
import { bucketsOf } from './over-ranks.ts';
import { loadSafetensors } from './safetensors.ts';
import { excess, golden, relL2 } from './testdata/golden.ts';
import { batchOf } from './testdata/rank-batch.ts';

const skip = whyNoRanks() !== undefined;
const lars = { name: 'lars', momentum: 0.9, weightDecay: 1e-4 } as const;
const base: TrainStepArgs = {
  network: { depth: 10, width: 4, stem: 'cifar', channels: 1 },
  head: { kind: 'nonlinear', layers: 2, outDim: 8 },
  objective: { temperature: 1, normalize: true, scale: 'paper' },
  optimizer: lars,
  batch: 16,
  inputShape: [16, 16, 1],
};

interface RankStep {
  outputs: Record<string, number[]>;
  state: Record<string, number[]>;
  digests: number[];
}

/** The same step in one process. */
async function alone(args: TrainStepArgs, rate: number) {
  const step = await compile({ module: definitions, export: 'trainStep', args });
  step.write(initTrainState(args, 1));
  const { views, labels } = batchOf(args, addressed, { rank: 0, ranks: 1 });
  const outputs = step.run({ views, ...(args.probe ? { labels } : {}), learningRate: Float32Array.of(rate) });
  const state = step.read();
  step.dispose();
  return { outputs, state };
}

describe.skipIf(skip)('trainStep over ranks', () => {
  const rate = 0.2;
  it.each<[string, TrainStepArgs, number[]]>([
    ['NT-Xent, LARS, a probe, moving averages', { ...base, probe: { classes: 3 }, ema: 0.9 }, [1, 2, 4]],
    // Slots hold the gradients themselves.
    ['the gradients', { ...base, optimizer: { name: 'sgd', momentum: 0, weightDecay: 0 } }, [2, 4]],
    [
      'a loss of the whole batch',
      { ...base, objective: { kind: 'margin_triplet', margin: 0.8, semiHard: false, reduction: 'mean' } },
      [2],
    ],
  ])(
    'is that of one process, and the same to the bit on all ranks: %s',
    async (_, args, counts) => {
      const { outputs, state } = await alone(args, rate);
      for (const ranks of counts) {
        const job = (await runForTest(ranks, new URL('testdata/rank-step.ts', import.meta.url), {
          args,
          rate,
        })) as RankStep;
        for (let r = 1; r < ranks; r++)
          expect(job.digests.slice(8 * r, 8 * r + 8), `rank ${r}`).toEqual(job.digests.slice(0, 8));
        expect(Object.keys(job.outputs).sort()).toEqual(Object.keys(outputs).sort());
        for (const [name, { data }] of Object.entries(outputs))
          expect(relL2(job.outputs[name]!, data), `${name}, ${ranks} ranks`).toBeLessThan(1e-5);
        const flat = (values: (name: string) => ArrayLike<number>, slots: boolean) =>
          Object.keys(state)
            .filter((name) => name.endsWith('/Momentum') === slots)
            .flatMap((name) => [...Array.from(values(name))]);
        for (const slots of [true, false])
          expect(
            relL2(
              flat((name) => job.state[name]!, slots),
              flat((name) => state[name]!.data, slots),
            ),
            `${slots ? 'gradients' : 'weights'}, ${ranks} ranks`,
          ).toBeLessThan(1e-5);
        // A small tensor alone: one process with its images in another order differs from itself by 5e-5.
        for (const [name, { data }] of Object.entries(state))
          expect(relL2(job.state[name]!, data), `${name}, ${ranks} ranks`).toBeLessThan(1e-4);
      }
    },
    300_000,
  ); // A trace for each number of ranks.

  // Those are testdata/float64_step.py's, of the same state and views, kept as float32.
  it('has gradients as near to those in float64 as one process has', async () => {
    const { tensors, metadata } = loadSafetensors(join(import.meta.dirname, 'testdata/float64-step.safetensors'));
    const names = Object.keys(tensors);
    const exact = names.flatMap((name) => [...tensors[name]!.data]);
    const args: TrainStepArgs = { ...base, optimizer: { name: 'sgd', momentum: 0, weightDecay: 0 } };
    const input = { args, rate };
    const [one, ...jobs] = [
      await alone(args, rate),
      ...(await Promise.all(
        [2, 4].map((n) => runForTest(n, new URL('testdata/rank-step.ts', import.meta.url), input)),
      )),
    ] as [Awaited<ReturnType<typeof alone>>, ...RankStep[]];
    const off = (gradient: (name: string) => ArrayLike<number>) =>
      relL2(
        names.flatMap((name) => [...Array.from(gradient(`${name}/Momentum`))]),
        exact,
      );
    const errors = [off((name) => one.state[name]!.data), ...jobs.map(({ state }) => off((name) => state[name]!))];
    for (const error of errors) expect(error).toBeLessThan(1e-5);
    const losses = [one.outputs.loss!.data[0]!, ...jobs.map(({ outputs }) => outputs.loss![0]!)];
    for (const loss of losses) expect(Math.abs(loss / Number(metadata.loss) - 1)).toBeLessThan(1e-6);
  }, 300_000);

  const { cases, tensors } = golden('heads');
  it.each([2, 4])('batch norm of %i ranks is the reference’s of as many replicas', async (ranks) => {
    const name = `batch_norm_replicas${ranks}`;
    const { outputs, tolerance } = cases.find((one) => one.name === name)!;
    const got = (await runForTest(ranks, new URL('testdata/rank-golden.ts', import.meta.url), {
      group: 'heads',
      name,
    })) as Record<string, number[]>;
    const within = (limit: string, key: string, output: string, copies = 1) => {
      const { data } = tensors[(outputs[output] as { tensor: string }).tensor]!;
      const expected = Array.from({ length: copies }, () => [...data]).flat();
      expect(excess(got[key]!, expected), key).toBeLessThanOrEqual((tolerance[limit] as { atol: number }).atol);
    };
    within('y', 'y', 'y');
    within('moving', 'bn/moving_mean', 'moving_mean_after', ranks);
    within('moving', 'bn/moving_variance', 'moving_variance_after', ranks);
    within('grad_x', 'dx', 'grad_x');
    within('grad_x', 'dGamma', 'grad_gamma_per_replica');
    within('grad_x', 'dBeta', 'grad_beta_per_replica');
  });

  const objective = golden('objective');
  const sharded = objective.cases.filter(({ params }) => params.replicas).map(({ name }) => name);
  it.each(sharded)('NT-Xent of ranks is the reference’s of replicas: %s', async (name) => {
    const { outputs, params, tolerance } = objective.cases.find((one) => one.name === name)!;
    const ranks = params.replicas as number;
    const got = (await runForTest(ranks, new URL('testdata/rank-golden.ts', import.meta.url), {
      group: 'objective',
      name,
    })) as Record<string, number[]>;
    const all = (key: string) =>
      Array.from({ length: ranks }, (_, r) => [
        ...objective.tensors[(outputs[`${key}_${r}`] as { tensor: string }).tensor]!.data,
      ]).flat();
    const within = (limit: string, actual: number[], expected: number[]) => {
      const { rtol = 0, atol = 0, relL2: relative } = tolerance[limit] as Record<'rtol' | 'atol' | 'relL2', number>;
      if (relative !== undefined && relL2(actual, expected) <= relative) return;
      expect(excess(actual, expected, rtol), limit).toBeLessThanOrEqual(atol);
    };
    within('loss', got.loss!, outputs.replica_losses as number[]);
    within('logits_ab', got.logitsAB!, all('logits_ab'));
    // The stored gradients are of the mean over the replicas, ours of the sum.
    within(
      'grad',
      got.gradient!.map((value) => value / ranks),
      all('grad_hidden'),
    );
  });
});

it('fills buckets of 4 MB, and leaves none out', () => {
  const sizes: Record<string, number> = { a: 600_000, b: 500_000, c: 3_000_000, d: 1, e: 2 };
  expect(bucketsOf(Object.keys(sizes), (name) => sizes[name]!)).toEqual([['a'], ['b'], ['c'], ['d', 'e']]);
});
