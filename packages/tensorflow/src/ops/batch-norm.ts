import { type TensorFlow, tf } from '../load.ts';
import { attrs, rawOp, typeAttribute } from './raw.ts';

type Tensor = TensorFlow.Tensor;

export interface BatchNormResult {
  y: Tensor;
  /** Batch mean, [c]. */
  mean: Tensor;
  /** Biased batch variance, [c] (as the reference's moving averages take it; the fused kernel gives the unbiased one). */
  variance: Tensor;
}

/**
 * Batch norm over all axes but the last, with the batch's own statistics, by TensorFlow's fused kernels (forward and
 * gradient one op each, where tfjs composes some thirty).
 *
 * @param x [n, h, w, c]
 * @param gamma, beta [c]
 */
export function batchNormTraining(x: Tensor, gamma: Tensor, beta: Tensor, epsilon = 1e-5): BatchNormResult {
  const layout = { data_format: 'NHWC', is_training: true };
  const count = x.size / x.shape.at(-1)!;
  let statistics: [Tensor, Tensor] | undefined;
  const run = tf.customGrad((input, scale, offset, save) => {
    const [a, g, b] = [input as Tensor, scale as Tensor, offset as Tensor];
    const none = tf.tensor1d([]);
    const attributes = [...attrs(layout, { epsilon, exponential_avg_factor: 1 }), typeAttribute('U')];
    const [y, mean, variance, r1, r2, r3] = rawOp('FusedBatchNormV3', attributes, [a, g, b, none, none], 6) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    statistics = [tf.keep(mean), tf.keep(variance)];
    (save as (tensors: Tensor[]) => void)([a, g, r1, r2, r3]);
    return {
      value: y,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [sx, sg, s1, s2, s3] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        const attributes = [...attrs(layout, { epsilon }), typeAttribute('U')];
        return rawOp('FusedBatchNormGradV3', attributes, [dy, sx, sg, s1, s2, s3], 5).slice(0, 3);
      },
    };
  });
  const y = run(x, gamma, beta);
  // tf.customGrad frees what it makes but `y`: the statistics were kept, and become part of the caller's tf.tidy here.
  const kept = statistics!;
  const [mean, variance] = [tf.clone(kept[0]), tf.mul(kept[1], (count - 1) / count)];
  tf.dispose(kept);
  return { y, mean, variance };
}

/**
 * Batch norm with given statistics, as in evaluation.
 * @param x [n, …, c]; all others [c]
 */
export function batchNormInference(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = 1e-5,
): Tensor {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(mean, scale)));
}
