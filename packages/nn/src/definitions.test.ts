import { addressed } from '@simclr/stage';
import { compile, float32, type Tree, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { definitions, initModel, initTrainState, modelWeights, type TrainStepArgs, trainStep } from './definitions.ts';
import { featureDim, type ResNetConfig } from './resnet-config.ts';
import { relL2, toTensors, valuesOf } from './testdata/golden.ts';

const small: ResNetConfig = { depth: 10, width: 4, stem: 'cifar', channels: 1 };
/** All that a network may have: bottlenecks, selective kernels with their stem and shortcuts, squeeze and excitation. */
const rich: ResNetConfig = { depth: 50, width: 4, stem: 'imagenet', channels: 1, skRatio: 0.0625, seRatio: 0.25 };

const args = (optimizer: TrainStepArgs['optimizer'], network = small): TrainStepArgs => ({
  network,
  head: { kind: 'nonlinear', layers: 2, outDim: 8 },
  objective: { temperature: 0.2, normalize: true, scale: 'paper' },
  optimizer,
  batch: 16,
  inputShape: [8, 8, 1],
});
const momentum = { momentum: 0.9, weightDecay: 1e-4 };
const plain = { semiHard: false, reduction: 'mean' } as const;
const semiHard = { semiHard: true, reduction: 'mean' } as const;
const varied = (changes: Partial<TrainStepArgs>): TrainStepArgs => ({
  ...args({ name: 'sgd', ...momentum }),
  ...changes,
});

/** Two noisy copies each of the same 16 images; the noise is drawn anew for every seed. */
function pairs(seed: number): Float32Array {
  const images = addressed(0);
  const image = Float32Array.from({ length: 16 * 64 }, () => images.next());
  const random = addressed(1, seed);
  return Float32Array.from({ length: 2 * 16 * 64 }, (_, i) => 0.7 * image[i % image.length]! + 0.3 * random.next());
}

/** Classes of the 16 images. */
const labels = Int32Array.from({ length: 16 }, (_, i) => i % 3);

/** One step outside any graph. */
function eagerStep(config: TrainStepArgs, state: Tree, seed: number, rate: number) {
  const before = toTensors(state);
  const views = tf.tensor(pairs(seed), [32, ...config.inputShape]);
  const inputs = { views, learningRate: tf.scalar(rate), labels: tf.tensor1d(labels, 'int32') };
  const { state: changed, outputs } = trainStep(config).step(before, inputs);
  const after: Tree = {};
  for (const [name, t] of Object.entries({ ...before, ...changed })) after[name] = float32(t.shape, valuesOf(t));
  return { state: after, outputs };
}

describe('trainStep, compiled', () => {
  // Rates at which rounding does not yet send a ReLU to its other side within two steps.
  it.each<[string, TrainStepArgs, number]>([
    ['sgd', args({ name: 'sgd', ...momentum }), 0.002],
    ['sgd with Nesterov momentum', args({ name: 'sgd', ...momentum, useNesterov: true }), 0.002],
    ['lars', args({ name: 'lars', ...momentum }), 0.2],
    ['lars, popular momentum', args({ name: 'lars', ...momentum, classicMomentum: false }), 0.2],
    ['adam', args({ name: 'adam', weightDecay: 1e-4 }), 0.0005],
    ['sgd, selective kernels, squeeze and excitation', args({ name: 'sgd', ...momentum }, rich), 0.002],
    ['NT-Logistic', varied({ objective: { kind: 'nt_logistic', temperature: 0.5, ...plain } }), 0.002],
    ['NT-Logistic, semi-hard', varied({ objective: { kind: 'nt_logistic', temperature: 0.5, ...semiHard } }), 0.002],
    ['margin triplet', varied({ objective: { kind: 'margin_triplet', margin: 0.8, ...plain } }), 0.002],
    ['margin triplet, semi-hard', varied({ objective: { kind: 'margin_triplet', margin: 0.8, ...semiHard } }), 0.002],
    ['a probe', varied({ probe: { classes: 3 }, optimizer: { name: 'lars', ...momentum } }), 0.2],
    ['moving averages', varied({ ema: 0.9 }), 0.002],
  ])('equals the eager function: %s', async (_, config, rate) => {
    const step = await compile({ module: definitions, export: 'trainStep', args: config });
    let state = initTrainState(config, 1);
    step.write(state);
    for (const seed of [0, 1]) {
      const expected = eagerStep(config, state, seed, rate);
      const given = { views: pairs(seed), learningRate: Float32Array.of(rate), ...(config.probe ? { labels } : {}) };
      const outputs = step.run(given);
      for (const [name, value] of Object.entries(expected.outputs))
        expect(Math.abs(outputs[name]!.data[0]! / valuesOf(value)[0]! - 1), `${name}, step ${seed + 1}`).toBeLessThan(
          1e-5,
        );
      state = expected.state;
      if (seed > 0) continue;
      // The outputs of the second step see every change of the first; here each tensor by itself.
      const got = step.read();
      for (const [name, { data }] of Object.entries(state))
        expect(relL2(got[name]!.data, data), name).toBeLessThan(config.network === rich ? 3e-5 : 1e-5);
    }
    step.dispose();
  });

  it.each<[TrainStepArgs['optimizer'], number]>([
    [{ name: 'sgd', ...momentum }, 0.1],
    [{ name: 'lars', ...momentum }, 2],
    [{ name: 'adam', weightDecay: 1e-4 }, 0.005],
  ])('learns to tell pairs apart with %o', async (optimizer, rate) => {
    const step = await compile({ module: definitions, export: 'trainStep', args: args(optimizer) });
    step.write(initTrainState(args(optimizer), 1));
    const run = (i: number) => step.run({ views: pairs(i), learningRate: Float32Array.of(rate) });
    const first = run(0);
    // Chance: ln(2N − 1) for the loss, ln N for the entropy; untrained similarities are near it.
    expect(first.loss!.data[0]!).toBeLessThan(Math.log(31) + 0.5);
    expect(first.contrastEntropy!.data[0]!).toBeLessThanOrEqual(Math.log(16) + 1e-5);
    for (let i = 1; i < 60; i++) run(i);
    const last = run(1000);
    expect(last.loss!.data[0]!).toBeLessThan(0.75 * first.loss!.data[0]!);
    expect(last.contrastAcc!.data[0]!).toBeGreaterThan(0.9);
    step.dispose();
  });

  it('gives the norm of the gradient before weight decay', () => {
    const config = args({ name: 'sgd', momentum: 0, weightDecay: 0 });
    const { state, outputs } = eagerStep(config, initTrainState(config, 1), 0, 1);
    const slots = Object.entries(state).filter(([name]) => name.endsWith('/Momentum'));
    const squares = slots.reduce((sum, [, { data }]) => sum + [...data].reduce((s, g) => s + g * g, 0), 0);
    expect(Math.abs(valuesOf(outputs.gradNorm!)[0]! / Math.sqrt(squares) - 1)).toBeLessThan(1e-5);
    const decayed = args({ name: 'sgd', momentum: 0, weightDecay: 1 });
    const again = eagerStep(decayed, initTrainState(decayed, 1), 0, 1).outputs;
    expect(valuesOf(again.gradNorm!)).toEqual(valuesOf(outputs.gradNorm!));
  });

  it('moves the statistics by bnMomentum, the head’s too', () => {
    const moved = (bnMomentum: number, name: string) => {
      const config = { ...args({ name: 'sgd', ...momentum }), bnMomentum };
      return eagerStep(config, initTrainState(config, 1), 0, 0).state[name]!.data;
    };
    for (const name of ['stem/bn1/moving_mean', 'head/layer2/bn/moving_mean']) {
      const [slow, fast] = [moved(0.9, name), moved(0.5, name)];
      // Both start at zero: 0.1 and 0.5 of the batch's mean.
      expect(
        relL2(
          fast,
          slow.map((value) => 5 * value),
        ),
        name,
      ).toBeLessThan(1e-5);
    }
  });
});

describe('the probe', () => {
  const head = 'head_supervised/linear_layer';

  it('leaves the encoder as it is without one', () => {
    const config = varied({ probe: { classes: 3 } });
    const bare = eagerStep(varied({}), initTrainState(varied({}), 1), 0, 0.1);
    const { state, outputs } = eagerStep(config, initTrainState(config, 1), 0, 0.1);
    for (const [name, { data }] of Object.entries(bare.state)) expect(relL2(state[name]!.data, data), name).toBe(0);
    for (const [name, value] of Object.entries(bare.outputs)) expect(valuesOf(outputs[name]!)).toEqual(valuesOf(value));
  });

  it('learns the labels, which both views of an image have', () => {
    const config = varied({ probe: { classes: 3 } });
    const initial = initTrainState(config, 1);
    // From zero every class has probability 1/3.
    initial[`${head}/kernel`]!.data.fill(0);
    const { state, outputs } = eagerStep(config, initial, 0, 0.1);
    expect(valuesOf(outputs.supervisedLoss!)[0]).toBeCloseTo(Math.log(3), 5);
    expect(valuesOf(outputs.supervisedAcc!)[0]).toBeCloseTo(6 / 16, 6);
    const bias = state[`${head}/bias/Momentum`]!.data;
    const expected = [0, 1, 2].map((c) => 1 / 3 - labels.filter((label) => label === c).length / 16);
    bias.forEach((gradient, c) => void expect(gradient).toBeCloseTo(expected[c]!, 6));
  });

  it('decays by its loss alone under LARS, with the full learning rate', () => {
    const weightDecay = 0.5;
    const config = (decay: number) =>
      varied({ probe: { classes: 3 }, optimizer: { name: 'lars', momentum: 0, weightDecay: decay } });
    const initial = initTrainState(config(0), 1)[`${head}/kernel`]!.data;
    const after = (decay: number) =>
      eagerStep(config(decay), initTrainState(config(decay), 1), 0, 0.1).state[`${head}/kernel`]!.data;
    const [without, decayed] = [after(0), after(weightDecay)];
    const expected = without.map((w, i) => w - 0.1 * weightDecay * initial[i]!);
    expect(relL2(decayed, expected)).toBeLessThan(1e-5);
  });
});

describe('modelWeights', () => {
  it('takes the weights, or their averages, and no slots', () => {
    const config = varied({ ema: 0.75, optimizer: { name: 'adam', weightDecay: 0 } });
    const initial = initTrainState(config, 1);
    const { state } = eagerStep(config, initial, 0, 0.1);
    const { params, stats } = initModel(config.network, config.head, undefined);
    const [trained, averaged] = [modelWeights(config, state), modelWeights(config, state, { ema: true })];
    for (const weights of [trained, averaged])
      expect(Object.keys({ ...weights.encoder, ...weights.projection }).sort()).toEqual(
        Object.keys({ ...params, ...stats }).sort(),
      );
    expect(trained.encoder['stem/conv1/kernel']).toBe(state['stem/conv1/kernel']);
    for (const name of ['stem/conv1/kernel', 'stem/bn1/moving_mean', 'group1/block1/bn2/gamma']) {
      const [before, after] = [initial[name]!.data, state[name]!.data];
      const expected = before.map((w, i) => 0.75 * w + 0.25 * after[i]!);
      expect(relL2(after, before), name).toBeGreaterThan(1e-5);
      expect(relL2(averaged.encoder[name]!.data, expected), name).toBeLessThan(1e-6);
    }
    expect(() => modelWeights(config, initTrainState(varied({}), 1), { ema: true })).toThrow(
      'missing state: stem/conv1/kernel/ema. set `ema` in the step',
    );
  });
});

describe('encode, compiled', () => {
  it.each([
    ['small', small],
    ['rich', rich],
  ])('takes any number of images, and a row does not depend on the others: %s', async (_, network) => {
    const { head, inputShape } = args({ name: 'sgd', ...momentum });
    const graph = await compile({ module: definitions, export: 'encode', args: { network, inputShape } });
    const { params, stats } = initModel(network, head, 1);
    const encoder = Object.fromEntries(
      Object.entries({ ...params, ...stats }).filter(([name]) => !name.startsWith('head/')),
    );
    graph.write(encoder);
    const images = pairs(3).subarray(0, 5 * 64);
    const all = graph.run({ images }).features!;
    expect(all.shape).toEqual([5, featureDim(network)]);
    const one = graph.run({ images: images.subarray(2 * 64, 3 * 64) }).features!;
    one.data.forEach((value, i) => void expect(value).toBeCloseTo(all.data[2 * featureDim(network) + i]!, 5));
    graph.dispose();
  });
});
