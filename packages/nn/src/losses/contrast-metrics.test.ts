import { tf } from '@simclr/tensorflow';
import { expect, it } from 'vitest';
import { valuesOf } from '../testdata/golden.ts';
import { embeddingStd } from './contrast-metrics.ts';

it('embeddingStd is 1 where z spreads over the sphere, and 0 where it collapses, whatever its length', () => {
  const spread = tf.randomNormal([4000, 16], 0, 1, 'float32', 1);
  expect(valuesOf(embeddingStd(spread))[0]).toBeCloseTo(1, 1);
  expect(valuesOf(embeddingStd(tf.mul(spread, 100)))[0]).toBeCloseTo(valuesOf(embeddingStd(spread))[0]!, 5);
  const lengths = tf.range(1, 33).reshape([32, 1]);
  expect(valuesOf(embeddingStd(tf.mul(lengths, tf.ones([1, 16]))))[0]).toBeLessThan(1e-3);
});

it('embeddingStd by hand: half the rows along one axis, half along another', () => {
  // Each of the two dimensions is 0 or 1 in halves: deviation 0.5; times √2.
  const z = tf.tensor2d([3, 0, 0, 5, 7, 0, 0, 1], [4, 2]);
  expect(valuesOf(embeddingStd(z))[0]).toBeCloseTo(Math.SQRT1_2, 6);
});
