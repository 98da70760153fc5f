import { relu, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { expect, it } from 'vitest';
import { Layers } from './layers.ts';
import { excess, golden, toTensors, valuesOf } from './testdata/golden.ts';

const { cases, tensors } = golden('heads');
// Computed over four replicas, whose synchronised batch norm is that of the whole batch.
const { inputs, outputs, tolerance } = cases.find((c) => c.name === 'batch_norm_replicas4')!;
const stored = (spec: unknown) => tensors[(spec as { tensor: string }).tensor]!;
const given = toTensors(Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, stored(spec)])));
const stats: Tensors = { 'bn/moving_mean': given.moving_mean!, 'bn/moving_variance': given.moving_variance! };
const params: Tensors = { 'bn/gamma': given.gamma!, 'bn/beta': given.beta! };

it('batch norm in training is the reference’s synchronised one: outputs, gradients, moving statistics', () => {
  const atol = (name: string) => (tolerance[name] as { atol: number }).atol;
  const layers = new Layers(params, stats, { training: true });
  const y = relu(layers.batchNorm('bn', given.x!));
  expect(excess(valuesOf(y), stored(outputs.y).data)).toBeLessThan(atol('y'));
  for (const name of ['moving_mean', 'moving_variance'])
    expect(excess(valuesOf(layers.stats[`bn/${name}`]!), stored(outputs[`${name}_after`]).data)).toBeLessThan(
      atol('moving'),
    );

  const loss = (x: TensorFlow.Tensor, gamma: TensorFlow.Tensor, beta: TensorFlow.Tensor) => {
    const pass = new Layers({ 'bn/gamma': gamma, 'bn/beta': beta }, stats, { training: true });
    return tf.sum(tf.mul(relu(pass.batchNorm('bn', x)), given.cotangent!)) as TensorFlow.Scalar;
  };
  const [dx, dGamma, dBeta] = tf.grads(loss)([given.x!, given.gamma!, given.beta!]);
  const overReplicas = (spec: unknown) => valuesOf(tf.sum(toTensors({ g: stored(spec) }).g!, 0));
  expect(excess(valuesOf(dx!), stored(outputs.grad_x).data)).toBeLessThan(atol('grad_x'));
  expect(excess(valuesOf(dGamma!), overReplicas(outputs.grad_gamma_per_replica))).toBeLessThan(atol('grad_x'));
  expect(excess(valuesOf(dBeta!), overReplicas(outputs.grad_beta_per_replica))).toBeLessThan(atol('grad_x'));
});

it('bnMomentum is the share of the old moving statistics', () => {
  const layers = new Layers(params, stats, { training: true, bnMomentum: 0.25 });
  layers.batchNorm('bn', given.x!);
  const { mean } = tf.moments(given.x!, [0, 1, 2]);
  const expected = tf.add(tf.mul(given.moving_mean!, 0.25), tf.mul(mean, 0.75));
  expect(excess(valuesOf(layers.stats['bn/moving_mean']!), valuesOf(expected))).toBeLessThan(1e-6);
});

it('names a parameter that is missing', () => {
  expect(() => new Layers(params, stats, { training: false }).conv('stem/conv1', given.x!)).toThrow(
    'missing parameter: stem/conv1/kernel. given: bn/gamma, bn/beta',
  );
});
