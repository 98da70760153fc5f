import { type TensorFlow, tf } from '@simclr/tensorflow';

/**
 * Supervised loss: mean softmax cross-entropy in nats (tf2/objective.py add_supervised_loss).
 *
 * @param logits [n, classes]
 * @param labels class numbers, int32 [n]
 */
export function crossEntropy(logits: TensorFlow.Tensor, labels: TensorFlow.Tensor): TensorFlow.Scalar {
  const target = tf.cast(tf.oneHot(labels as TensorFlow.Tensor1D, logits.shape[1]!), 'float32');
  return tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1))) as TensorFlow.Scalar;
}

/** Share of rows whose label has the largest logit, 0 to 1 (tf2/metrics.py). Shapes as for `crossEntropy`. */
export function topOneAccuracy(logits: TensorFlow.Tensor, labels: TensorFlow.Tensor): TensorFlow.Scalar {
  return tf.mean(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32')) as TensorFlow.Scalar;
}
