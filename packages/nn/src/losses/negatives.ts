// The losses of the paper's Table 2 that weigh negatives one by one share how these are chosen and added up.
import { type TensorFlow, tf } from '@simclr/tensorflow';
import { type ContrastMetrics, contrastMetrics } from './contrast-metrics.ts';
import { l2Normalize } from './l2-normalize.ts';

type Tensor = TensorFlow.Tensor;

/** Which negatives of an anchor count. They come from the other view alone (appendix B.10). */
export interface NegativesConfig {
  /**
   * `none`: all count. Semi-hard ones are less similar than the positive and, where the loss has a margin, within it:
   * `semihard_hardest` takes the most similar of them, the paper's "closest in distance"; `semihard_all` every one.
   */
  mining: 'none' | 'semihard_hardest' | 'semihard_all';
  /** How an anchor's negatives add up; the paper does not say. An anchor without any adds 0. */
  reduction: 'sum' | 'mean';
  /** Anchors: view 1 alone, or each view in turn. */
  direction: 'a->b' | 'both';
}

export interface PairLoss extends ContrastMetrics {
  /** Mean over the anchors. */
  loss: TensorFlow.Scalar;
  /** [n], or [2n] for both directions. */
  perAnchor: Tensor;
}

/**
 * Weights 0 or 1 of the negatives, [n, n]; constant for the gradient.
 *
 * @param similarities of anchors (rows) with the other view, their positives on the diagonal, [n, n]
 * @param margin of the loss, if it has one
 */
export function mineNegatives(similarities: Tensor, mining: NegativesConfig['mining'], margin?: number): Tensor {
  const n = similarities.shape[0]!;
  const own = tf.range(0, n, 1, 'int32') as TensorFlow.Tensor1D;
  if (mining === 'none') return tf.oneHot(own, n, 0, 1, 'float32');
  const mine = tf.customGrad((input, save) => {
    const s = input as Tensor;
    (save as (tensors: Tensor[]) => void)([s]);
    const positive = diagonal(s);
    const farther = tf.less(s, positive);
    const band = margin === undefined ? farther : tf.logicalAnd(farther, tf.greater(s, tf.sub(positive, margin)));
    const eligible = tf.cast(band, 'float32');
    return {
      value: mining === 'semihard_all' ? eligible : hardest(s, eligible),
      gradFunc: (_: Tensor, [x]: Tensor[]) => tf.zerosLike(x!),
    };
  });
  return mine(similarities);
}

/** Of the eligible negatives the most similar one alone. */
function hardest(similarities: Tensor, eligible: Tensor): Tensor {
  const best = tf.argMax(tf.sub(similarities, tf.mul(tf.sub(1, eligible), 1e9)), 1) as TensorFlow.Tensor1D;
  return tf.mul(tf.oneHot(best, similarities.shape[1]!, 1, 0, 'float32'), eligible);
}

/** [n, n] → [n, 1]. */
function diagonal(matrix: Tensor): Tensor {
  const n = matrix.shape[0]!;
  const own = tf.oneHot(tf.range(0, n, 1, 'int32') as TensorFlow.Tensor1D, n, 1, 0, 'float32');
  return tf.sum(tf.mul(matrix, own), 1, true);
}

/** A loss as a function of cosine similarities. */
export interface PairTerms {
  /** [n, 1] → [n, 1]. Left out where the positive only counts within `negative`. */
  positive?: (positive: Tensor) => Tensor;
  /** [n, n], [n, 1] → [n, n]. */
  negative: (similarities: Tensor, positive: Tensor) => Tensor;
  /** Bounds the semi-hard negatives. */
  margin?: number;
  /** Divides the similarities in the metrics. */
  temperature: number;
}

/**
 * Mean over anchors of positive(s_ii) + R_j negative(s_ij, s_ii), with cosine similarities s.
 *
 * @param hidden z, [2n, d]; rows 0..n−1 view 1, rows n..2n−1 view 2
 */
export function pairLoss(
  hidden: Tensor,
  { mining, reduction, direction }: NegativesConfig,
  { positive, negative, margin, temperature }: PairTerms,
): PairLoss {
  const n = hidden.shape[0]! / 2;
  const [a, b] = tf.split(l2Normalize(hidden), 2) as [TensorFlow.Tensor2D, TensorFlow.Tensor2D];
  const towards = (s: Tensor): Tensor => {
    const own = diagonal(s);
    const weights = mineNegatives(s, mining, margin);
    const sum = tf.sum(tf.mul(weights, negative(s, own)), 1);
    const negatives = reduction === 'sum' ? sum : tf.div(sum, tf.maximum(tf.sum(weights, 1), 1));
    return positive ? tf.add(tf.squeeze(positive(own), [1]), negatives) : negatives;
  };
  const ab = tf.matMul(a, b, false, true);
  const perAnchor = direction === 'both' ? tf.concat([towards(ab), towards(tf.transpose(ab))]) : towards(ab);
  const metrics = contrastMetrics(tf.div(ab, temperature), tf.range(0, n, 1, 'int32'));
  return { loss: tf.mean(perAnchor), perAnchor, ...metrics };
}
