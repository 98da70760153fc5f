import { tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { golden, relL2, toTensors, valuesOf } from '../testdata/golden.ts';
import { lars } from './lars.ts';
import { isExcluded, momentumSlot } from './optimizer.ts';
import { sgd } from './sgd.ts';

const { cases, tensors } = golden('lars');
const NAMES = [
  'conv2d/kernel:0',
  'head_contrastive/nl_0/dense/kernel:0',
  'batch_normalization/gamma:0',
  'head_supervised/linear_layer/dense/bias:0',
  'dense_zero/kernel:0',
  'head_supervised/linear_layer/dense/kernel:0',
];
const of = (prefix: string) =>
  toTensors(Object.fromEntries(NAMES.map((name, i) => [name, tensors[`${prefix}/v${i}`]!])));

describe('LARS against the reference', () => {
  const trajectories = cases.filter((c) => 'weights' in c.outputs);
  it.each(trajectories.map((c) => [c.name, c] as const))('%s', (name, { params, tolerance }) => {
    const optimizer = lars({
      momentum: 0.9,
      weightDecay: params.weight_decay as number,
      classicMomentum: params.classic_momentum as boolean,
      useNesterov: params.use_nesterov as boolean,
    });
    let weights = of('init');
    let slots = Object.fromEntries(NAMES.map((n) => [momentumSlot(n), tf.zerosLike(weights[n]!)]));
    const first = Object.keys(tensors).some((key) => key.startsWith('g0/')) ? 0 : 1;
    (params.learning_rate_per_step as number[]).forEach((rate, step) => {
      const next = optimizer.update(weights, of(`g${step + first}`), slots, tf.scalar(rate));
      weights = Object.fromEntries(NAMES.map((n) => [n, next[n]!]));
      slots = Object.fromEntries(NAMES.map((n) => [momentumSlot(n), next[momentumSlot(n)]!]));
      NAMES.forEach((n, i) => {
        const [w, v] = [tensors[`${name}/w/${step + first}/v${i}`], tensors[`${name}/v/${step + first}/v${i}`]];
        if (!w || !v) return;
        const limit = tolerance.relL2 as number;
        expect(relL2(valuesOf(weights[n]!), w.data), `w ${n} step ${step}`).toBeLessThan(limit);
        expect(relL2(valuesOf(slots[momentumSlot(n)]!), v.data), `v ${n} step ${step}`).toBeLessThan(limit);
      });
    });
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
});

it('excludes batch norm, biases and the supervised head, by name', () => {
  const excluded = ['stem/bn1/gamma', 'head/layer1/bn/beta', 'head_supervised/kernel', 'dense/bias'];
  for (const name of excluded) expect(isExcluded(name), name).toBe(true);
  for (const name of ['stem/conv1/kernel', 'head/layer1/kernel']) expect(isExcluded(name), name).toBe(false);
});
