import { tf } from '@simclr/tensorflow';
import { expect, it } from 'vitest';
import { valuesOf } from '../testdata/golden.ts';
import { likeliestAccuracy, oneVsRest } from './one-vs-rest.ts';

const logits = tf.tensor2d([
  [2, -1, 3],
  [0.5, 4, -2],
]);
const labels = tf.tensor2d(
  [
    [1, -1, 0],
    [-1, 1, 1],
  ],
  [2, 3],
  'int32',
);

it('is the mean binary cross-entropy of what is not difficult', () => {
  const losses = [2, 1, -0.5, 4, -2].map((margin) => Math.log(1 + Math.exp(-margin)));
  expect(valuesOf(oneVsRest(logits, labels))[0]).toBeCloseTo(losses.reduce((a, b) => a + b) / 5, 5);
  // What is difficult has no gradient.
  const gradient = tf.grad((z) => oneVsRest(z, labels))(logits);
  expect(valuesOf(gradient)[2]).toBe(-0);
  expect(valuesOf(gradient)[0]).toBeCloseTo(-1 / (1 + Math.exp(2)) / 5, 5);
});

it('a difficult class is not right', () => {
  expect(valuesOf(likeliestAccuracy(logits, labels))[0]).toBe(0.5);
});
