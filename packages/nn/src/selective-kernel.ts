import { relu, type TensorFlow, tf } from '@simclr/tensorflow';
import type { Layers } from './layers.ts';

/**
 * Selective-kernel convolution as in tf2/resnet.py SK_Conv2D (Li et al. 2019, both streams 3×3): one convolution gives
 * two streams, which are mixed by weights that depend on the image and the channel.
 * @param x [n, h, w, c]
 */
export function applySelectiveKernel(layers: Layers, name: string, x: TensorFlow.Tensor, stride: number) {
  const [a, b] = tf.split(relu(layers.convNorm(name, 1, x, stride)), 2, 3) as [TensorFlow.Tensor, TensorFlow.Tensor];
  const squeezed = tf.mean(tf.add(a, b), [1, 2], true);
  const logits = layers.conv(`${name}/conv3`, relu(layers.convNorm(name, 2, squeezed)));
  const [logitA, logitB] = tf.split(logits, 2, 3) as [TensorFlow.Tensor, TensorFlow.Tensor];
  // Softmax over two.
  const weight = tf.sigmoid(tf.sub(logitA, logitB));
  return tf.add(b, tf.mul(weight, tf.sub(a, b)));
}
