import { batchNormInference, type TensorFlow, tf } from '@simclr/tensorflow';

type Tensor = TensorFlow.Tensor;

/** Per channel, [c]. */
export interface Moments {
  mean: Tensor;
  /** Biased. */
  variance: Tensor;
}

/** tf.squaredDifference has no gradient where it broadcasts. */
const squaredDistance = (x: Tensor, mean: Tensor): Tensor => tf.square(tf.sub(x, mean));

/**
 * Moments of one replica's activations over all axes but the last.
 * @param x [n, …, c]
 */
export function momentsOf(x: Tensor): Moments {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const mean = tf.mean(x, axes);
  return { mean, variance: tf.mean(squaredDistance(x, mean), axes) };
}

/**
 * Moments of the whole batch from those of equally large shards: the mean of the means; the mean of the variances plus
 * the variance of the means (tf2/resnet.py BatchNormalization with global_bn).
 */
export function mergeMoments(shards: readonly Moments[]): Moments {
  const means = tf.stack(shards.map(({ mean }) => mean));
  const mean = tf.mean(means, 0);
  const between = tf.mean(squaredDistance(means, mean), 0);
  return { mean, variance: tf.add(tf.mean(tf.stack(shards.map(({ variance }) => variance)), 0), between) };
}

/**
 * Batch norm of one shard with the moments of all. Gradients reach the other shards through `moments`.
 * @param x [n, …, c]
 * @param gamma, beta [c]
 */
export const syncBatchNorm = (x: Tensor, gamma: Tensor, beta: Tensor, moments: Moments, epsilon = 1e-5): Tensor =>
  batchNormInference(x, gamma, beta, moments.mean, moments.variance, epsilon);
