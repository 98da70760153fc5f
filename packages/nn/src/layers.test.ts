import { relu, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { Layers } from './layers.ts';
import { excess, golden, toTensors, valuesOf } from './testdata/golden.ts';

type Tensor = TensorFlow.Tensor;

const { cases, tensors } = golden('heads');
const stored = (spec: unknown) => tensors[(spec as { tensor: string }).tensor]!;
const tensorOf = (spec: unknown) => toTensors({ t: stored(spec) }).t!;

function read(name: string) {
  const { inputs, outputs, tolerance } = cases.find((c) => c.name === name)!;
  const tensorsOf = Object.fromEntries(Object.entries(inputs).map(([input, spec]) => [input, tensorOf(spec)]));
  const within = (limit: string, actual: Tensor, expected: ArrayLike<number>) =>
    expect(excess(valuesOf(actual), expected)).toBeLessThanOrEqual((tolerance[limit] as { atol: number }).atol);
  const { x, gamma, beta, cotangent, moving_mean, moving_variance } = tensorsOf as Record<string, Tensor>;
  return {
    ...{ x: x!, gamma: gamma!, beta: beta!, cotangent: cotangent!, outputs, within },
    stats: { 'bn/moving_mean': moving_mean!, 'bn/moving_variance': moving_variance! } as Tensors,
  };
}

describe.each(['batch_norm_replicas2', 'batch_norm_replicas4'])('batch norm in training, %s', (name) => {
  const { x, gamma, beta, cotangent, stats, outputs, within } = read(name);

  it('over the whole batch is the reference’s synchronised one: outputs, gradients, moving statistics', () => {
    const layers = new Layers({ 'bn/gamma': gamma, 'bn/beta': beta }, stats, { training: true });
    within('y', relu(layers.batchNorm('bn', x)), stored(outputs.y).data);
    for (const moved of ['moving_mean', 'moving_variance'])
      within('moving', layers.stats[`bn/${moved}`]!, stored(outputs[`${moved}_after`]).data);

    const loss = (input: Tensor, g: Tensor, b: Tensor) => {
      const pass = new Layers({ 'bn/gamma': g, 'bn/beta': b }, stats, { training: true });
      return tf.sum(tf.mul(relu(pass.batchNorm('bn', input)), cotangent)) as TensorFlow.Scalar;
    };
    const [dx, dGamma, dBeta] = tf.grads(loss)([x, gamma, beta]);
    const overReplicas = (spec: unknown) => valuesOf(tf.sum(tensorOf(spec), 0));
    within('grad_x', dx!, stored(outputs.grad_x).data);
    within('grad_x', dGamma!, overReplicas(outputs.grad_gamma_per_replica));
    within('grad_x', dBeta!, overReplicas(outputs.grad_beta_per_replica));
  });
});

const { x, gamma, beta, stats } = read('batch_norm_replicas4');

it('bnMomentum is the share of the old moving statistics', () => {
  const params = { 'bn/gamma': gamma, 'bn/beta': beta };
  const layers = new Layers(params, stats, { training: true, bnMomentum: 0.25 });
  layers.batchNorm('bn', x);
  const { mean } = tf.moments(x, [0, 1, 2]);
  const expected = tf.add(tf.mul(stats['bn/moving_mean']!, 0.25), tf.mul(mean, 0.75));
  expect(excess(valuesOf(layers.stats['bn/moving_mean']!), valuesOf(expected))).toBeLessThan(1e-6);
});

it('names a parameter that is missing', () => {
  const params = { 'bn/gamma': gamma, 'bn/beta': beta };
  expect(() => new Layers(params, stats, { training: false }).conv('stem/conv1', x)).toThrow(
    'missing parameter: stem/conv1/kernel. given: bn/gamma, bn/beta',
  );
});
