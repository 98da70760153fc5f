import { addressed } from '@simclr/stage';
import { compile, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { definitions } from './definitions.ts';
import { initSupervisedState, type SupervisedStepArgs, supervisedStep } from './supervised-step.ts';
import { relL2, toTensors, valuesOf } from './testdata/golden.ts';

const args = (optimizer: SupervisedStepArgs['optimizer']): SupervisedStepArgs => ({
  network: { depth: 10, width: 4, stem: 'cifar', channels: 1 },
  classes: 3,
  optimizer,
  batch: 12,
  inputShape: [8, 8, 1],
});

const labels = Int32Array.from({ length: 12 }, (_, i) => i % 3);

/** Stripes across, stripes down, a gradient; with noise. */
function imagesOf(seed: number): Float32Array {
  const random = addressed(7, seed);
  return Float32Array.from({ length: 12 * 64 }, (_, i) => {
    const [label, y, x] = [labels[Math.floor(i / 64)]!, Math.floor((i % 64) / 8), i % 8];
    const pattern = [y % 2, x % 2, (x + y) / 14][label]!;
    return 0.6 * pattern + 0.4 * random.next();
  });
}

describe('supervisedStep', () => {
  it.each<[SupervisedStepArgs['optimizer'], number]>([
    [{ name: 'sgd', momentum: 0.9, weightDecay: 1e-4, useNesterov: true }, 0.05],
    [{ name: 'lars', momentum: 0.9, weightDecay: 1e-4 }, 0.5],
    [{ name: 'adam', weightDecay: 1e-4 }, 0.003],
  ])('compiled equals the eager function, and learns, with %o', async (optimizer, rate) => {
    const config = args(optimizer);
    const step = await compile({ module: definitions, export: 'supervisedStep', args: config });
    const initial = initSupervisedState(config, 1);
    step.write(initial);
    const run = (seed: number) => step.run({ images: imagesOf(seed), labels, learningRate: Float32Array.of(rate) });

    const inputs = {
      images: tf.tensor(imagesOf(0), [12, 8, 8, 1]),
      labels: tf.tensor1d(labels, 'int32'),
      learningRate: tf.scalar(rate),
    };
    const eager = supervisedStep(config).step(toTensors(initial), inputs);
    const first = run(0);
    for (const [name, value] of Object.entries(eager.outputs))
      expect(relL2(first[name]!.data, valuesOf(value)), name).toBeLessThan(1e-5);
    const state = step.read();
    for (const [name, value] of Object.entries(eager.state!))
      expect(relL2(state[name]!.data, valuesOf(value)), name).toBeLessThan(1e-5);

    expect(Math.abs(first.supervisedLoss!.data[0]! - Math.log(3))).toBeLessThan(0.1);
    for (let i = 1; i < 40; i++) run(i);
    const last = run(1000);
    expect(last.supervisedLoss!.data[0]!).toBeLessThan(0.3);
    expect(last.supervisedAcc!.data[0]).toBe(1);
    step.dispose();
  });

  it('takes weight decay as an input, with the state that the optimizer’s own leads to', async () => {
    const sgd = (weightDecay: number) => args({ name: 'sgd', momentum: 0.9, weightDecay, useNesterov: true });
    const own = await compile({ module: definitions, export: 'supervisedStep', args: sgd(0.02) });
    const given = await compile({
      module: definitions,
      export: 'supervisedStep',
      args: { ...sgd(0), weightDecayInput: true },
    });
    const initial = initSupervisedState(sgd(0), 1);
    const after = (decay: number) => {
      given.write(initial);
      for (let i = 0; i < 2; i++) given.run({ ...inputs(i), weightDecay: Float32Array.of(decay) });
      return given.read();
    };
    const inputs = (i: number) => ({ images: imagesOf(i), labels, learningRate: Float32Array.of(0.05) });
    own.write(initial);
    for (let i = 0; i < 2; i++) own.run(inputs(i));
    const expected = own.read();
    const [decayed, plain] = [after(0.02), after(0)];
    for (const [name, { data }] of Object.entries(expected)) {
      expect(relL2(decayed[name]!.data, data as Float32Array), name).toBeLessThan(1e-6);
    }
    const kernel = 'stem/conv1/kernel';
    expect(relL2(plain[kernel]!.data, expected[kernel]!.data as Float32Array)).toBeGreaterThan(1e-4);
    own.dispose();
    given.dispose();
  });

  it.each<[string, Partial<SupervisedStepArgs>, Record<string, Float32Array | Int32Array>]>([
    ['weight decay as an input', { weightDecayInput: true }, { weightDecay: Float32Array.of(0.02) }],
    [
      'several labels',
      { severalLabels: true },
      { labels: Int32Array.from({ length: 36 }, (_, i) => ((i % 5) % 3) - 1) },
    ],
  ])('compiled equals the eager function at two steps, with %s', async (_, changes, more) => {
    const config = { ...args({ name: 'sgd', momentum: 0.9, weightDecay: 0, useNesterov: true }), ...changes };
    const step = await compile({ module: definitions, export: 'supervisedStep', args: config });
    const { inputs, step: eagerStep } = supervisedStep(config);
    let state = toTensors(initSupervisedState(config, 1));
    step.write(initSupervisedState(config, 1));
    for (const seed of [0, 1]) {
      const given = { images: imagesOf(seed), labels, learningRate: Float32Array.of(0.05), ...more };
      const tensors = Object.entries(given).map(([name, data]) => {
        const { shape, dtype } = inputs[name]!;
        return [name, tf.tensor(data, shape as number[], dtype)] as const;
      });
      state = { ...state, ...eagerStep(state, Object.fromEntries(tensors)).state };
      step.run(given);
    }
    for (const [name, { data }] of Object.entries(step.read()))
      expect(relL2(data, valuesOf(state[name]!)), name).toBeLessThan(2e-5);
    step.dispose();
  });
});
