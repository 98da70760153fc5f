import { type TensorFlow, tf } from '@simclr/tensorflow';

/**
 * Loss where an image may be of several classes: mean binary cross-entropy, nats, over images and classes.
 *
 * @param logits [n, classes]
 * @param labels int32 [n, classes]: 1 it is of the class, −1 it is not, 0 difficult: left out
 */
export function oneVsRest(logits: TensorFlow.Tensor, labels: TensorFlow.Tensor): TensorFlow.Scalar {
  const signs = tf.cast(labels, 'float32');
  const counted = tf.abs(signs);
  const losses = tf.mul(tf.softplus(tf.neg(tf.mul(signs, logits))), counted);
  return tf.div(tf.sum(losses), tf.maximum(tf.sum(counted), 1)) as TensorFlow.Scalar;
}

/** Share of images that are of their most likely class, 0 to 1. Shapes as for `oneVsRest`. */
export function likeliestAccuracy(logits: TensorFlow.Tensor, labels: TensorFlow.Tensor): TensorFlow.Scalar {
  const likeliest = tf.oneHot(tf.cast(tf.argMax(logits, 1), 'int32') as TensorFlow.Tensor1D, logits.shape[1]!);
  const own = tf.cast(tf.equal(labels, 1), 'float32');
  return tf.mean(tf.sum(tf.mul(tf.cast(likeliest, 'float32'), own), 1)) as TensorFlow.Scalar;
}
