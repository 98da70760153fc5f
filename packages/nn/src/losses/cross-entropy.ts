import { type TensorFlow, tf } from '@simclr/tensorflow';

/**
 * Supervised loss: mean softmax cross-entropy in nats (tf2/objective.py add_supervised_loss).
 *
 * @param logits [n, classes]; @param labels class numbers, int32 [n]
 */
export function crossEntropy(logits: TensorFlow.Tensor, labels: TensorFlow.Tensor): TensorFlow.Scalar {
  const target = tf.cast(tf.oneHot(labels as TensorFlow.Tensor1D, logits.shape[1]!), 'float32');
  return tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1))) as TensorFlow.Scalar;
}
