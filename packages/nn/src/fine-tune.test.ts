import { addressed } from '@simclr/stage';
import { compile, float32, type Tensors, type Tree, tf } from '@simclr/tensorflow';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initClassifier } from './classifier.ts';
import { definitions } from './definitions.ts';
import { initFineTuneState } from './fine-tune-state.ts';
import { isFrozen } from './freezing.ts';
import { gradientsOf, pick } from './gradients.ts';
import { Layers } from './layers.ts';
import { crossEntropy } from './losses/cross-entropy.ts';
import { applyBlock } from './residual-block.ts';
import { planBlocks, type ResNetConfig } from './resnet-config.ts';
import { type SupervisedStepArgs, supervisedStep } from './supervised-step.ts';
import { relL2, toTensors, valuesOf } from './testdata/golden.ts';
import { initModel } from './train-step.ts';

const small: ResNetConfig = { depth: 10, width: 4, stem: 'cifar', channels: 1 };
/** All that a network may have: bottlenecks, selective kernels with their stem and shortcuts, squeeze and excitation. */
const rich: ResNetConfig = { depth: 50, width: 4, stem: 'imagenet', channels: 1, skRatio: 0.0625, seRatio: 0.25 };
const head = { kind: 'nonlinear', layers: 3, outDim: 6 } as const;

const varied = (changes: Partial<SupervisedStepArgs> = {}): SupervisedStepArgs => ({
  network: small,
  classes: 3,
  optimizer: { name: 'lars', momentum: 0.9, weightDecay: 1e-2 },
  batch: 12,
  inputShape: [8, 8, 1],
  head,
  ...changes,
});

const labels = Int32Array.from({ length: 12 }, (_, i) => i % 3);
const uniform = (seed: number, n: number): Float32Array => {
  const random = addressed(7, seed);
  return Float32Array.from({ length: n }, () => random.next());
};
const images = (seed: number) => uniform(seed, 12 * 64);

/** Pretrained weights with nothing at its initial value: every gamma, every statistic has something to say. */
function pretrained(network: ResNetConfig): { encoder: Tree; projection: Tree } {
  const { params, stats } = initModel(network, head, 1);
  const seeds = Object.entries({ ...params, ...stats }).map(([name, { shape, data }], i) => {
    const noise = uniform(100 + i, data.length);
    return [
      name,
      float32(
        shape,
        Float32Array.from(data, (value, j) => value + 0.3 * noise[j]! * (data[0] === 1 ? 1 : 0.2)),
      ),
    ] as const;
  });
  const ofHead = ([name]: readonly [string, unknown]) => name.startsWith('head/');
  return {
    encoder: Object.fromEntries(seeds.filter((entry) => !ofHead(entry))),
    projection: Object.fromEntries(seeds.filter(ofHead)),
  };
}

/** A fine-tuning state whose supervised head is not zero, so that gradients reach what is below. */
function stateWithHead(args: SupervisedStepArgs): Tree {
  const state = initFineTuneState(args, pretrained(args.network));
  const kernel = state['head_supervised/linear_layer/kernel']!;
  kernel.data.set(uniform(50, kernel.data.length).map((value) => value - 0.5));
  return state;
}

beforeEach(() => tf.engine().startScope());
afterEach(() => tf.engine().endScope());

const inputsOf = (seed: number, rate: number) => ({
  images: tf.tensor(images(seed), [12, 8, 8, 1]),
  labels: tf.tensor1d(labels, 'int32'),
  learningRate: tf.scalar(rate),
});

describe('fine-tuning', () => {
  it.each<[string, Partial<SupervisedStepArgs>]>([
    ['all, from h', {}],
    ['all, from layer 1 of the head', { headLayer: 1 }],
    [
      'after the stem, from z, Adam',
      { fineTuneAfterBlock: 0, headLayer: -1, optimizer: { name: 'adam', weightDecay: 1e-2 } },
    ],
    ['after group 1, SGD', { fineTuneAfterBlock: 1, optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 1e-2 } }],
    ['after group 2', { fineTuneAfterBlock: 2, headLayer: 1 }],
    ['after group 3', { fineTuneAfterBlock: 3 }],
    ['the heads alone', { fineTuneAfterBlock: 4, headLayer: 2 }],
    ['a linear classifier', { fineTuneAfterBlock: 4 }],
    ['after group 2, selective kernels, squeeze and excitation', { network: rich, fineTuneAfterBlock: 2 }],
  ])('compiled equals eager, and leaves what is frozen as it is: %s', async (_, changes) => {
    const args = varied(changes);
    const step = await compile({ module: definitions, export: 'supervisedStep', args });
    const initial = stateWithHead(args);
    step.write(initial);
    const eager = supervisedStep(args).step(toTensors(initial), inputsOf(0, 0.01));
    const run = (seed: number) => step.run({ images: images(seed), labels, learningRate: Float32Array.of(0.01) });
    const first = run(0);
    for (const [name, value] of Object.entries(eager.outputs))
      expect(relL2(first[name]!.data, valuesOf(value)), name).toBeLessThan(1e-5);
    const after = step.read();
    for (const [name, value] of Object.entries(eager.state!))
      expect(relL2(after[name]!.data, valuesOf(value)), name).toBeLessThan(3e-5);

    run(1);
    run(2);
    const { params, stats } = initClassifier(args, undefined);
    const block = args.fineTuneAfterBlock ?? -1;
    const last = step.read();
    for (const name of Object.keys({ ...params, ...stats })) {
      const same = Buffer.from(last[name]!.data.buffer).equals(Buffer.from(initial[name]!.data.buffer));
      expect(same, name).toBe(isFrozen(name, block));
    }
    const slots = Object.keys(initial).filter((name) => !(name in params || name in stats));
    const per = args.optimizer.name === 'adam' ? 2 : 1;
    const trained = Object.keys(params).filter((name) => !isFrozen(name, block));
    expect(slots.filter((name) => !name.startsWith('adam/'))).toHaveLength(per * trained.length);
    step.dispose();
  });

  it.each([
    -1, 0, 1, 2, 3, 4,
  ])('after block %i has the gradients of the whole model, its frozen part in inference mode', (block) => {
    const args = varied({ fineTuneAfterBlock: block, optimizer: { name: 'sgd', momentum: 0, weightDecay: 0 } });
    const initial = stateWithHead(args);
    const state = toTensors(initial);
    const inputs = inputsOf(0, 1);
    const { gradients } = gradientsOf(pick(state, Object.keys(initClassifier(args, undefined).params)), (params) => ({
      loss: crossEntropy(
        tf.add(tf.matMul(byHand(params, state, inputs.images, block), kernelOf(params)), biasOf(params)),
        inputs.labels,
      ),
      aux: {},
    }));
    // Without momentum, slots are gradients.
    const slots = Object.entries(supervisedStep(args).step(state, inputs).state!).filter(([name]) =>
      name.endsWith('/Momentum'),
    );
    expect(slots.length).toBe(Object.keys(gradients).filter((name) => !isFrozen(name, block)).length);
    for (const [slot, gradient] of slots)
      expect(relL2(valuesOf(gradient), valuesOf(gradients[slot.replace('/Momentum', '')]!)), slot).toBeLessThan(1e-5);
  });

  it('under LARS: the supervised head has the full rate and decays by its kernel alone, the projection head is adapted', () => {
    const [rate, weightDecay] = [0.1, 0.5];
    const config = (optimizer: SupervisedStepArgs['optimizer']) => varied({ headLayer: 1, optimizer });
    const lars = config({ name: 'lars', momentum: 0, weightDecay });
    const initial = stateWithHead(lars);
    const state = toTensors(initial);
    const plain = supervisedStep(config({ name: 'sgd', momentum: 0, weightDecay: 0 })).step(state, inputsOf(0, 1))
      .state!;
    const next = supervisedStep(lars).step(state, inputsOf(0, rate)).state!;
    const after = (name: string) => valuesOf(next[name]!);
    const before = (name: string) => initial[name]!.data as Float32Array;
    const gradient = (name: string) => valuesOf(plain[`${name}/Momentum`]!);

    const [kernel, bias] = ['head_supervised/linear_layer/kernel', 'head_supervised/linear_layer/bias'];
    const decayed = before(kernel).map((w, i) => w - rate * (gradient(kernel)[i]! + weightDecay * w));
    expect(relL2(after(kernel), decayed)).toBeLessThan(1e-5);
    const plainly = before(bias).map((w, i) => w - rate * gradient(bias)[i]!);
    expect(relL2(after(bias), plainly)).toBeLessThan(1e-5);
    const gamma = 'head/layer1/bn/gamma';
    const plainToo = before(gamma).map((w, i) => w - rate * gradient(gamma)[i]!);
    expect(relL2(after(gamma), plainToo)).toBeLessThan(1e-5);

    const layer = 'head/layer1/kernel';
    const g = before(layer).map((w, i) => gradient(layer)[i]! + weightDecay * w);
    const trust = (0.001 * Math.hypot(...before(layer))) / Math.hypot(...g);
    const adapted = before(layer).map((w, i) => w - rate * trust * g[i]!);
    expect(relL2(after(layer), adapted)).toBeLessThan(1e-6);
    expect(relL2(after(layer), before(layer))).toBeGreaterThan(5e-5);
  });

  it('names its frozen variables by groups', () => {
    const names = Object.keys(initClassifier(varied({ headLayer: -1 }), undefined).params);
    const places = (block: number) =>
      new Set(names.filter((name) => isFrozen(name, block)).map((name) => name.split('/')[0]));
    expect(places(-1)).toEqual(new Set());
    expect(places(0)).toEqual(new Set(['stem']));
    expect(places(3)).toEqual(new Set(['stem', 'group1', 'group2', 'group3']));
    expect(places(4)).toEqual(new Set(['stem', 'group1', 'group2', 'group3', 'group4']));
  });
});

/** Features h, layer by layer: the places up to `block` in inference mode, the rest in training mode. */
function byHand(params: Tensors, stats: Tensors, x: Tensors[string], block: number): Tensors[string] {
  const layers = (place: number) => new Layers(params, stats, { training: place > block });
  const stem = layers(0);
  let h = tf.relu(stem.batchNorm('stem/bn1', stem.conv('stem/conv1', x)));
  planBlocks(small).forEach((each, i) => {
    h = applyBlock(small, each, layers(i + 1), h);
  });
  return tf.mean(h, [1, 2]);
}
const kernelOf = (params: Tensors) => params['head_supervised/linear_layer/kernel'] as ReturnType<typeof tf.matMul>;
const biasOf = (params: Tensors) => params['head_supervised/linear_layer/bias']!;
