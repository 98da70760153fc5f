import { type TensorFlow, tf } from '@simclr/tensorflow';
import { l2Normalize } from './l2-normalize.ts';

export interface ContrastMetrics {
  /** Share of view-1 rows whose positive is the most similar view-2 row, 0 to 1. */
  contrastAcc: TensorFlow.Scalar;
  /** Mean entropy of their softmax in nats, −Σ p log(p + 1e-8); ln N at chance. */
  contrastEntropy: TensorFlow.Scalar;
}

/**
 * The reference's contrast accuracy and entropy (tf2/metrics.py update_pretrain_metrics_train).
 *
 * @param logitsAB similarities of view-1 rows with view-2 rows over τ, [n, N]
 * @param positive column of each row's positive, int32 [n]
 */
export function contrastMetrics(logitsAB: TensorFlow.Tensor, positive: TensorFlow.Tensor): ContrastMetrics {
  const contrastAcc = tf.mean(tf.cast(tf.equal(tf.argMax(logitsAB, 1), positive), 'float32')) as TensorFlow.Scalar;
  const p = tf.softmax(logitsAB);
  const contrastEntropy = tf.neg(tf.mean(tf.sum(tf.mul(p, tf.log(tf.add(p, 1e-8))), 1))) as TensorFlow.Scalar;
  return { contrastAcc, contrastEntropy };
}

/**
 * Whether embeddings have collapsed (Chen & He 2021, "Exploring Simple Siamese Representation Learning", section 4.1):
 * standard deviation over the rows of l2-normalised z, mean over its dimensions, times √d. Near 1 where z spreads over
 * the sphere, 0 where all rows are one vector.
 *
 * @param z [n, d]
 */
export function embeddingStd(z: TensorFlow.Tensor): TensorFlow.Scalar {
  const normalized = l2Normalize(z);
  const deviations = tf.squaredDifference(normalized, tf.mean(normalized, 0, true));
  return tf.mul(tf.mean(tf.sqrt(tf.mean(deviations, 0))), Math.sqrt(z.shape[1]!));
}
