import { type TensorFlow, tf } from '../load.ts';
import type { BatchNormResult } from './batch-norm.ts';
import { allReduceSum } from './collective.ts';
import { attrs, rawOp, typeAttribute } from './raw.ts';

type Tensor = TensorFlow.Tensor;

/** [2c] → two of [c]. */
const halves = (x: Tensor): [Tensor, Tensor] => tf.split(x, 2) as [Tensor, Tensor];

/**
 * Batch norm over all axes but the last, with the statistics of all ranks' rows (the reference's, tf2/resnet.py with
 * global_bn): equal to `batchNormTraining` of all rows together. Two all-reduces of 2c numbers, one forward and one
 * backward. Gradients are those of the sum of the ranks' losses; of gamma and beta each rank has its part.
 *
 * @param x [n, h, w, c], as many rows on each rank
 * @param gamma, beta [c]
 * @param about [c], the same on all ranks: squares are summed about it, so that little cancels where it is near the mean
 */
export function syncBatchNormTraining(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  about: Tensor,
  ranks: number,
  epsilon = 1e-5,
): BatchNormResult {
  const count = x.size / x.shape.at(-1)!;
  const attributes = (training: boolean, more: Record<string, number> = {}) => [
    ...attrs({ data_format: 'NHWC', is_training: training }, { epsilon, ...more }),
    typeAttribute('U'),
  ];
  const forward = (training: boolean, inputs: Tensor[]) =>
    rawOp('FusedBatchNormV3', attributes(training, { exponential_avg_factor: 1 }), inputs, 6);
  let statistics: [Tensor, Tensor] | undefined;
  const run = tf.customGrad((input, scale, offset, save) => {
    const [a, g, b] = [input as Tensor, scale as Tensor, offset as Tensor];
    const none = tf.tensor1d([]);
    const [, ownMean, ownVariance] = forward(true, [a, g, b, none, none]) as [Tensor, Tensor, Tensor];
    const shifted = tf.sub(ownMean, about);
    // The kernel's variance is unbiased.
    const square = tf.add(tf.mul(ownVariance, (count - 1) / count), tf.square(shifted));
    const [first, second] = halves(tf.div(allReduceSum(tf.concat([shifted, square]), ranks), ranks));
    const mean = tf.add(first, about);
    const variance = tf.maximum(tf.sub(second, tf.square(first)), 0);
    statistics = [tf.keep(mean), tf.keep(variance)];
    const [y, , , , , reserve] = forward(false, [a, g, b, mean, variance]) as Tensor[];
    (save as (tensors: Tensor[]) => void)([a, g, mean, variance, reserve!]);
    return {
      value: y!,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [sx, sg, m, v, r] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor];
        // As though the statistics were constants; what they add is linear in x.
        const [direct, dGamma, dBeta] = rawOp('FusedBatchNormGradV3', attributes(false), [dy, sx, sg, m, v, r], 5) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        const [ofBeta, ofGamma] = halves(tf.div(allReduceSum(tf.concat([dBeta, dGamma]), ranks), -ranks * count));
        const inverse = tf.mul(sg, tf.rsqrt(tf.add(v, epsilon)));
        const [through] = forward(false, [sx, tf.mul(inverse, ofGamma), tf.mul(inverse, ofBeta), m, v]) as [Tensor];
        return [tf.add(direct, through), dGamma, dBeta];
      },
    };
  });
  const y = run(x, gamma, beta);
  // As in batchNormTraining.
  const kept = statistics!;
  const [mean, variance] = [tf.clone(kept[0]), tf.clone(kept[1])];
  tf.dispose(kept);
  return { y, mean, variance };
}
