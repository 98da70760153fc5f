import { relu, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';
import { describe, expect, it } from 'vitest';
import { Layers } from './layers.ts';
import { mergeMoments, momentsOf, syncBatchNorm } from './sync-batch-norm.ts';
import { excess, golden, toTensors, valuesOf } from './testdata/golden.ts';

type Tensor = TensorFlow.Tensor;

const { cases, tensors } = golden('heads');
const stored = (spec: unknown) => tensors[(spec as { tensor: string }).tensor]!;
const tensorOf = (spec: unknown) => toTensors({ t: stored(spec) }).t!;

function read(name: string) {
  const { inputs, outputs, tolerance, params: given } = cases.find((c) => c.name === name)!;
  const tensorsOf = Object.fromEntries(Object.entries(inputs).map(([input, spec]) => [input, tensorOf(spec)]));
  const within = (limit: string, actual: Tensor, expected: ArrayLike<number>) =>
    expect(excess(valuesOf(actual), expected)).toBeLessThanOrEqual((tolerance[limit] as { atol: number }).atol);
  const { x, gamma, beta, cotangent, moving_mean, moving_variance } = tensorsOf as Record<string, Tensor>;
  return {
    ...{ x: x!, gamma: gamma!, beta: beta!, cotangent: cotangent!, outputs, within },
    replicas: given.replicas as number,
    stats: { 'bn/moving_mean': moving_mean!, 'bn/moving_variance': moving_variance! } as Tensors,
  };
}

describe.each(['batch_norm_replicas2', 'batch_norm_replicas4'])('batch norm in training, %s', (name) => {
  const { x, gamma, beta, cotangent, stats, outputs, within, replicas } = read(name);

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

  it('replica by replica gives the same, and the gradients that each replica has', () => {
    const shards = tf.split(x, replicas);
    const cotangents = tf.split(cotangent, replicas);
    const apply = (inputs: Tensor[], gammas: Tensor[], betas: Tensor[]) => {
      const moments = mergeMoments(inputs.map(momentsOf));
      return inputs.map((input, r) => relu(syncBatchNorm(input, gammas[r]!, betas[r]!, moments)));
    };
    const copies = (t: Tensor) => shards.map(() => t.clone());
    within('y', tf.concat(apply(shards, copies(gamma), copies(beta))), stored(outputs.y).data);
    const { mean, variance } = mergeMoments(shards.map(momentsOf));
    for (const [moved, batch] of [
      ['moving_mean', mean],
      ['moving_variance', variance],
    ] as const) {
      const after = tf.add(tf.mul(stats[`bn/${moved}`]!, 0.9), tf.mul(batch, 0.1));
      within('moving', after, stored(outputs[`${moved}_after`]).data);
    }

    const loss = (...all: Tensor[]) => {
      const [inputs, gammas, betas] = [0, 1, 2].map((i) => all.slice(i * replicas, (i + 1) * replicas));
      const terms = apply(inputs!, gammas!, betas!).map((y, r) => tf.sum(tf.mul(y, cotangents[r]!)));
      return tf.addN(terms) as TensorFlow.Scalar;
    };
    const gradients = tf.grads(loss)([...shards, ...copies(gamma), ...copies(beta)]);
    within('grad_x', tf.concat(gradients.slice(0, replicas)), stored(outputs.grad_x).data);
    const ofReplicas = (i: number) => tf.stack(gradients.slice(i * replicas, (i + 1) * replicas));
    within('grad_x', ofReplicas(1), stored(outputs.grad_gamma_per_replica).data);
    within('grad_x', ofReplicas(2), stored(outputs.grad_beta_per_replica).data);
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
