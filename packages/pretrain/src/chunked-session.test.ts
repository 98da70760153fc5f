import { definitions, initTrainState, type TrainStepArgs } from '@simclr/nn';
import { addressed } from '@simclr/stage';
import { type Compiled, compile, type TensorData } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { startChunkedSession } from './chunked-session.ts';
import { relL2 } from './testdata/rel-l2.ts';

const args: TrainStepArgs = {
  network: { depth: 10, width: 4, stem: 'cifar', channels: 1 },
  head: { kind: 'nonlinear', layers: 2, outDim: 8 },
  objective: { temperature: 0.5, normalize: true, scale: 'paper' },
  optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-4 },
  batch: 8,
  inputShape: [8, 8, 1],
  probe: { classes: 3 },
};
const labels = Int32Array.of(0, 1, 2, 0, 1, 2, 0, 0);
const learningRate = Float32Array.of(0.2);
/** Waves, another for every pair, and noise, another for every view. */
function viewsOf(seed: number): Float32Array {
  const random = addressed(seed);
  const waves = Array.from({ length: 8 }, () => [random.next(), random.next(), random.next()] as const);
  return Float32Array.from({ length: 16 * 64 }, (_, i) => {
    const [fx, fy, level] = waves[Math.floor(i / 64) % 8]!;
    const wave = Math.sin(3 * fx * (i % 8) + 3 * fy * Math.floor((i % 64) / 8));
    return 0.4 * (1 + wave) * level + 0.2 * random.next();
  });
}

describe('startChunkedSession', () => {
  /** Two steps beside each other: the second sees the weights of the first, and sums that begin anew. */
  async function compare(chunk: number, direct: Compiled): Promise<Record<string, TensorData>> {
    const chunked = await startChunkedSession({ ...args, chunk });
    const initial = initTrainState(args, 1);
    await chunked.write(initial);
    direct.write(initial);
    let outputs: Record<string, TensorData> = {};
    for (const seed of [1, 2]) {
      const inputs = { views: viewsOf(seed), learningRate, labels };
      outputs = await chunked.run(inputs);
      for (const [name, { data }] of Object.entries(direct.run(inputs)))
        expect(relL2(outputs[name]!.data, data), `${name}, step ${seed}`).toBeLessThan(1e-5);
      if (seed > 1) continue;
      const state = await chunked.read();
      for (const [name, { data }] of Object.entries(direct.read()))
        expect(relL2(state[name]!.data, data), name).toBeLessThan(1e-5);
    }
    await chunked.dispose();
    direct.dispose();
    return outputs;
  }

  it('of one chunk goes the way of trainStep', async () => {
    const direct = await compile({ module: definitions, export: 'trainStep', args });
    const outputs = await compare(8, direct);
    expect(Object.keys(outputs).sort()).toEqual(Object.keys(direct.info.outputs).sort());
  });

  it('of several chunks goes the way of a step with batch norm by chunks', async () => {
    const module = new URL('../../nn/src/testdata/grouped-step.ts', import.meta.url).href;
    await compare(4, await compile({ module, export: 'groupedStep', args: { ...args, chunk: 4 } }));
  });

  it('refuses chunks that do not divide the batch', async () => {
    await expect(startChunkedSession({ ...args, chunk: 3 })).rejects.toThrow(
      'invalid chunk: 3. it must divide the batch of 8',
    );
  });
});
