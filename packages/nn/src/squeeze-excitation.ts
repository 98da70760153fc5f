import { relu, type TensorFlow, tf } from '@simclr/tensorflow';
import type { Layers } from './layers.ts';

/**
 * Scales the channels by sigmoid gates of their global means (tf2/resnet.py SE_Layer; Hu et al. 2018).
 * @param x [n, h, w, c]
 */
export function applySqueezeExcitation(layers: Layers, name: string, x: TensorFlow.Tensor): TensorFlow.Tensor {
  const reduced = relu(layers.conv(`${name}/conv1`, tf.mean(x, [1, 2], true)));
  return tf.mul(tf.sigmoid(layers.conv(`${name}/conv2`, reduced)), x);
}
