import { type TensorFlow, tf } from '@simclr/tensorflow';

/**
 * TensorFlow's l2_normalize, a row at a time: x · rsqrt(max(Σx², 1e-12)).
 * @param x [n, d]
 */
export function l2Normalize(x: TensorFlow.Tensor): TensorFlow.Tensor2D {
  return tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), 1, true), 1e-12)));
}
