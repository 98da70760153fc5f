import { addressed, randomNormal } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { type TensorFlow, tf } from '../load.ts';
import { maxPool, relu } from './activations.ts';
import { batchNormTraining } from './batch-norm.ts';
import { conv2d } from './conv2d.ts';

type Tensor = TensorFlow.Tensor;
type Op = (...inputs: Tensor[]) => Tensor;

const normal = (shape: number[], seed: number): Tensor => {
  const random = addressed(seed);
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => randomNormal(random)),
    shape,
  );
};

const values = (tensor: Tensor) => tensor.dataSync() as Float32Array;
const largest = (a: ArrayLike<number>) => Array.from(a).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
/** Largest difference over the largest value. */
const difference = (a: Tensor, b: Tensor): number => {
  expect(a.shape).toEqual(b.shape);
  const [va, vb] = [values(a), values(b)];
  return largest(va.map((value, i) => value - vb[i]!)) / largest(vb);
};

/** Σ op(inputs)·weights: one number whose gradient sees every output. */
const project = (op: Op, weights: Tensor) => (inputs: Tensor[]) => tf.sum(tf.mul(op(...inputs), weights)).asScalar();

const gradients = (op: Op, inputs: Tensor[], weights: Tensor): Tensor[] =>
  tf.grads((...args: Tensor[]) => project(op, weights)(args))(inputs);

/** Central difference along `direction` of input `at`, summed in float64. */
function slope(op: Op, inputs: Tensor[], at: number, direction: Tensor, weights: Tensor, step: number): number {
  const w = values(weights);
  const along = (by: number) => {
    const moved = inputs.map((input, i) => (i === at ? tf.add(input, tf.mul(direction, by)) : input));
    return values(op(...moved)).reduce((sum, value, i) => sum + value * w[i]!, 0);
  };
  return (along(step) - along(-step)) / (2 * step);
}

const dot = (a: Tensor, b: Tensor) => {
  const vb = values(b);
  return values(a).reduce((sum, value, i) => sum + value * vb[i]!, 0);
};

interface Case {
  name: string;
  ours: Op;
  plain: Op;
  shapes: number[][];
}

const pad = (x: Tensor, by: number) =>
  tf.pad(x, [
    [0, 0],
    [by, by],
    [by, by],
    [0, 0],
  ]) as TensorFlow.Tensor4D;
const plainBatchNorm: Op = (x, gamma, beta) => {
  const { mean, variance } = tf.moments(x!, [0, 1, 2]);
  const normed = tf.div(tf.sub(x!, mean), tf.sqrt(tf.add(variance, 1e-5)));
  return tf.add(tf.mul(normed, gamma!), beta!);
};

const CASES: Case[] = [
  {
    name: 'conv2d same',
    ours: (x, k) => conv2d(x!, k!),
    plain: (x, k) => tf.conv2d(x as TensorFlow.Tensor4D, k as TensorFlow.Tensor4D, 1, 'same'),
    shapes: [
      [2, 6, 5, 3],
      [3, 3, 3, 4],
    ],
  },
  {
    name: 'conv2d valid, stride 2',
    ours: (x, k) => conv2d(x!, k!, { stride: 2, padding: 'valid' }),
    plain: (x, k) => tf.conv2d(x as TensorFlow.Tensor4D, k as TensorFlow.Tensor4D, 2, 'valid'),
    shapes: [
      [2, 7, 7, 3],
      [1, 1, 3, 4],
    ],
  },
  {
    name: 'conv2d padded by 1 on each side, stride 2',
    ours: (x, k) => conv2d(x!, k!, { stride: 2, padding: [1, 1] }),
    plain: (x, k) => tf.conv2d(pad(x!, 1), k as TensorFlow.Tensor4D, 2, 'valid'),
    shapes: [
      [2, 6, 6, 2],
      [3, 3, 2, 5],
    ],
  },
  {
    name: 'batchNormTraining',
    ours: (x, g, b) => batchNormTraining(x!, g!, b!).y,
    plain: plainBatchNorm,
    shapes: [[3, 4, 4, 5], [5], [5]],
  },
  { name: 'relu', ours: (x) => relu(x!), plain: (x) => tf.relu(x!), shapes: [[3, 4, 4, 2]] },
  {
    name: 'maxPool 3, stride 2',
    ours: (x) => maxPool(x!, 3, 2),
    plain: (x) => tf.maxPool(x as TensorFlow.Tensor4D, 3, 2, 'same'),
    shapes: [[2, 6, 6, 3]],
  },
];

describe.each(CASES)('$name', ({ ours, plain, shapes }) => {
  const inputs = shapes.map((shape, i) => normal(shape, 10 + i));
  const weights = normal(ours(...inputs).shape, 99);

  it('equals the plain tfjs op, gradients too', () => {
    expect(difference(ours(...inputs), plain(...inputs))).toBeLessThan(1e-5);
    const [got, expected] = [gradients(ours, inputs, weights), gradients(plain, inputs, weights)];
    got.forEach((gradient, i) => void expect(difference(gradient, expected[i]!)).toBeLessThan(1e-5));
  });

  it('has the gradient that finite differences give', () => {
    const got = gradients(ours, inputs, weights);
    got.forEach((gradient, i) => {
      const direction = normal(shapes[i]!, 200 + i);
      // Small enough that no value crosses a kink of relu or max pooling, as the seeds stand.
      const expected = slope(ours, inputs, i, direction, weights, 1e-3);
      expect(Math.abs(dot(gradient, direction) - expected) / Math.abs(expected)).toBeLessThan(2e-3);
    });
  });
});

describe('batchNormTraining', () => {
  it('leaves no tensor behind', () => {
    const [x, gamma, beta] = [normal([2, 2, 2, 3], 1), tf.ones([3]), tf.zeros([3])];
    const before = tf.memory().numTensors;
    tf.tidy(() => void tf.grads((a, g, b) => tf.sum(batchNormTraining(a, g, b).y).asScalar())([x, gamma, beta]));
    tf.tidy(() => void batchNormTraining(x, gamma, beta));
    expect(tf.memory().numTensors).toBe(before);
  });

  it("gives the batch's mean and biased variance", () => {
    const x = normal([4, 3, 3, 6], 1);
    const { mean, variance } = batchNormTraining(x, tf.ones([6]), tf.zeros([6]));
    const expected = tf.moments(x, [0, 1, 2]);
    expect(difference(mean, expected.mean)).toBeLessThan(1e-5);
    expect(difference(variance, expected.variance)).toBeLessThan(1e-5);
  });
});

it('an unwanted input gradient of conv2d is zero, and the kernel gradient stays', () => {
  const [x, k] = [normal([1, 4, 4, 2], 1), normal([3, 3, 2, 2], 2)];
  const weights = normal([1, 4, 4, 2], 3);
  const [dx, dk] = gradients((a, b) => conv2d(a!, b!, { inputGradient: false }), [x, k], weights);
  const [, expected] = gradients((a, b) => conv2d(a!, b!), [x, k], weights);
  expect(largest(values(dx!))).toBe(0);
  expect(difference(dk!, expected!)).toBe(0);
});
