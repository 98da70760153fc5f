import { type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { type Golden, type GoldenCase, golden, relL2, toTensors, valuesOf, wholeGolden } from '../testdata/golden.ts';
import { adam } from './adam.ts';
import { lars } from './lars.ts';
import { momentumSlot, type Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';
import { decaysInLoss, isExcluded, type OptimizerName } from './weight-decay.ts';

const NAMES = [
  'conv2d/kernel:0',
  'head_contrastive/nl_0/dense/kernel:0',
  'batch_normalization/gamma:0',
  'head_supervised/linear_layer/dense/bias:0',
  'dense_zero/kernel:0',
  'head_supervised/linear_layer/dense/kernel:0',
];

/** Follows a trajectory, comparing at every step that the file has; gives how many those are. */
function follow({ tensors }: Golden, { name, params, tolerance }: GoldenCase): number {
  const of = (prefix: string) => toTensors(Object.fromEntries(NAMES.map((n, i) => [n, tensors[`${prefix}/v${i}`]!])));
  const optimizer = lars({
    momentum: 0.9,
    weightDecay: params.weight_decay as number,
    classicMomentum: params.classic_momentum as boolean,
    useNesterov: params.use_nesterov as boolean,
  });
  const limit = tolerance.relL2 as number;
  let weights = of('init');
  let slots = Object.fromEntries(NAMES.map((n) => [momentumSlot(n), tf.zerosLike(weights[n]!)]));
  let compared = 0;
  (params.learning_rate_per_step as number[]).forEach((rate, step) => {
    const next = optimizer.update(weights, of(`g${step}`), slots, tf.scalar(rate));
    weights = Object.fromEntries(NAMES.map((n) => [n, next[n]!]));
    slots = Object.fromEntries(NAMES.map((n) => [momentumSlot(n), next[momentumSlot(n)]!]));
    if (!tensors[`${name}/w/${step}/v0`]) return;
    compared++;
    NAMES.forEach((n, i) => {
      const [w, v] = [tensors[`${name}/w/${step}/v${i}`]!, tensors[`${name}/v/${step}/v${i}`]!];
      expect(relL2(valuesOf(weights[n]!), w.data), `w ${n} step ${step}`).toBeLessThan(limit);
      expect(relL2(valuesOf(slots[momentumSlot(n)]!), v.data), `v ${n} step ${step}`).toBeLessThan(limit);
    });
  });
  return compared;
}

describe('LARS against the reference', () => {
  const file = golden('lars');
  const trajectories = file.cases.filter((c) => 'weights' in c.outputs);
  it.each(trajectories.map((c) => [c.name, c] as const))('%s', (_, goldenCase) => {
    expect(follow(file, goldenCase)).toBeGreaterThan(0);
  });

  // The steps between are 0.3 MB: not beside the tests.
  const whole = wholeGolden('lars');
  it.skipIf(!whole).each(trajectories.map(({ name }) => name))('%s, every step (from ../shared/golden)', (name) => {
    const goldenCase = whole!.cases.find((c) => c.name === name)!;
    expect(follow(whole!, goldenCase)).toBe(goldenCase.params.steps);
  });
});

describe('SGD', () => {
  it('is v = m·v + g + wd·w, w − lr·v; nothing decays of batch norm', () => {
    const optimizer = sgd({ momentum: 0.5, weightDecay: 0.1 });
    const params = { 'a/kernel': tf.tensor1d([2]), 'a/bn1/gamma': tf.tensor1d([2]) };
    const gradients = { 'a/kernel': tf.tensor1d([1]), 'a/bn1/gamma': tf.tensor1d([1]) };
    const slots = { 'a/kernel/Momentum': tf.tensor1d([4]), 'a/bn1/gamma/Momentum': tf.tensor1d([4]) };
    const next = optimizer.update(params, gradients, slots, tf.scalar(0.25));
    expect(valuesOf(next['a/kernel/Momentum']!)[0]).toBeCloseTo(0.5 * 4 + 1 + 0.2, 6);
    expect(valuesOf(next['a/kernel']!)[0]).toBeCloseTo(2 - 0.25 * 3.2, 6);
    expect(valuesOf(next['a/bn1/gamma']!)[0]).toBeCloseTo(2 - 0.25 * 3, 6);
  });

  it('with Nesterov momentum looks ahead: w − lr·(m·v + g)', () => {
    const optimizer = sgd({ momentum: 0.5, weightDecay: 0, useNesterov: true });
    const next = optimizer.update(
      { w: tf.tensor1d([2]) },
      { w: tf.tensor1d([1]) },
      { 'w/Momentum': tf.tensor1d([4]) },
      tf.scalar(0.25),
    );
    expect(valuesOf(next['w/Momentum']!)[0]).toBeCloseTo(3, 6);
    expect(valuesOf(next.w!)[0]).toBeCloseTo(2 - 0.25 * 2.5, 6);
  });
});

/** Runs an optimizer on f(w) = Σ aᵢ·wᵢ²/2 from its zero slots. */
function descend(optimizer: Optimizer, start: number[], a: number[], rates: number[]): Float32Array {
  let w: TensorFlow.Tensor = tf.tensor1d(start);
  let slots: Tensors = Object.fromEntries(
    Object.entries(optimizer.slots({ w: { shape: w.shape, dtype: 'float32' } })).map(([name, { shape }]) => [
      name,
      tf.zeros(shape as number[]),
    ]),
  );
  for (const rate of rates) {
    const { w: next, ...rest } = optimizer.update({ w }, { w: tf.mul(w, tf.tensor1d(a)) }, slots, tf.scalar(rate));
    expect(Object.keys(rest).sort()).toEqual(Object.keys(slots).sort());
    [w, slots] = [next!, rest];
  }
  return valuesOf(w);
}

describe('Adam', () => {
  it('follows Kingma & Ba in the form that Keras has, with its bias corrections, in float64 beside it', () => {
    const [start, a] = [
      [1, -2, 0.003],
      [1, 30, 0.5],
    ];
    const rates = Array.from({ length: 50 }, (_, t) => 0.05 / (1 + t / 10));
    const expected = start.map((w, i) => {
      let [m, v] = [0, 0];
      rates.forEach((rate, at) => {
        const t = at + 1;
        const g = w * a[i]! + 0.01 * w;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        w -= (rate * Math.sqrt(1 - 0.999 ** t) * m) / ((1 - 0.9 ** t) * (Math.sqrt(v) + 1e-7));
      });
      return w;
    });
    expect(relL2(descend(adam({ weightDecay: 0.01 }), start, a, rates), expected)).toBeLessThan(1e-5);
  });

  it('takes a first step of the learning rate, whatever the gradient’s size', () => {
    const [big, small] = descend(adam({ weightDecay: 0 }), [1, 1], [1000, 0.001], [0.1]);
    expect(big).toBeCloseTo(0.9, 5);
    // ε beside √v, which is √(1 − β₂) of the gradient at first, takes 0.3 % off.
    expect(small).toBeCloseTo(1 - 0.1 / (1 + 1e-7 / (0.001 * Math.sqrt(0.001))), 5);
  });
});

/** The reference's term of the loss: half the decay times the squares of what it decays there. */
function weightDecayTerm(optimizer: OptimizerName, params: Tensors, weightDecay: number): TensorFlow.Scalar {
  const decaying = Object.entries(params).filter(([name]) => decaysInLoss(optimizer, name));
  const squares = decaying.map(([, w]) => tf.sum(tf.square(w)) as TensorFlow.Scalar);
  return tf.mul(tf.addN(squares), weightDecay / 2);
}

describe('weight decay', () => {
  const { params, outputs, tolerance, inputs } = (() => {
    const file = golden('heads');
    const goldenCase = file.cases.find((c) => c.name === 'weight_decay_term')!;
    const names = Object.keys(goldenCase.inputs);
    const tree = Object.fromEntries(
      names.map((name) => [name, file.tensors[(goldenCase.inputs[name] as { tensor: string }).tensor]!]),
    );
    return { ...goldenCase, params: toTensors(tree), inputs: names };
  })();
  const rtol = tolerance.rtol as number;

  it.each([
    ['lars', 'lars'],
    ['sgd', 'momentum'],
    ['adam', 'adam'],
  ] as const)('of the loss for %s is the reference’s term', (name, theirs) => {
    for (const decay of [1e-4, 1e-6]) {
      const expected = outputs[`${theirs}/${decay === 1e-4 ? '0.0001' : '1e-06'}`] as number;
      expect(Math.abs(valuesOf(weightDecayTerm(name, params, decay))[0]! / expected - 1)).toBeLessThan(rtol);
    }
  });

  it('within sgd is the gradient of that term', () => {
    const zeros = Object.fromEntries(inputs.map((name) => [name, tf.zerosLike(params[name]!)]));
    const slots = Object.fromEntries(inputs.map((name) => [momentumSlot(name), tf.zerosLike(params[name]!)]));
    const next = sgd({ momentum: 0.9, weightDecay: 0.1 }).update(params, zeros, slots, tf.scalar(1));
    const decaying = inputs.filter((name) => decaysInLoss('sgd', name));
    expect(inputs.filter((name) => !decaying.includes(name))).toEqual(['resnet/batch_normalization/gamma:0']);
    const term = (...values: TensorFlow.Tensor[]) =>
      weightDecayTerm('sgd', Object.fromEntries(decaying.map((name, i) => [name, values[i]!])), 0.1);
    tf.grads(term)(decaying.map((name) => params[name]!)).forEach((gradient, i) => {
      expect(relL2(valuesOf(next[momentumSlot(decaying[i]!)]!), valuesOf(gradient)), decaying[i]).toBeLessThan(1e-6);
    });
    expect(Math.max(...valuesOf(next[momentumSlot('resnet/batch_normalization/gamma:0')]!).map(Math.abs))).toBe(0);
  });

  it('of LARS leaves out batch norm, biases and the supervised head, by name', () => {
    const excluded = [
      'stem/bn1/gamma',
      'head/layer1/bn/beta',
      'head_supervised/linear_layer/kernel',
      'group1/block1/se/conv1/bias',
    ];
    for (const name of excluded) expect(isExcluded(name), name).toBe(true);
    for (const name of ['stem/conv1/kernel', 'head/layer1/kernel']) expect(isExcluded(name), name).toBe(false);
    expect(decaysInLoss('lars', 'head_supervised/linear_layer/kernel')).toBe(true);
    expect(decaysInLoss('lars', 'head_supervised/linear_layer/bias')).toBe(false);
  });
});
