import { type TensorFlow, tf } from '@simclr/tensorflow';

/** Measures of the spread of features; collapsed ones are alike for all images. */
export interface Spread {
  /** Mean over dimensions of the deviation of l2-normalised features, × √d: near 1 where they fill the sphere, 0 where all are one. */
  std: number;
  /** (tr C)² / tr C² of their covariance C: the number of directions that they really use, 1 to d. */
  rank: number;
}

/** @param features [rows, dim] */
export function spreadOf(features: Float32Array, rows: number): Spread {
  const dim = features.length / rows;
  return tf.tidy(() => {
    const raw = tf.tensor2d(features, [rows, dim]);
    const norm = tf.maximum(tf.norm(raw, 2, 1, true), 1e-12);
    const unit = tf.div(raw, norm);
    const centred = tf.sub(unit, tf.mean(unit, 0, true)) as TensorFlow.Tensor2D;
    const covariance = tf.div(tf.matMul(centred, centred, true, false), rows) as TensorFlow.Tensor2D;
    const variances = tf.mean(tf.square(centred), 0);
    const std = tf.mean(tf.sqrt(variances)).dataSync()[0]! * Math.sqrt(dim);
    const trace = tf.sum(variances).dataSync()[0]!;
    const square = tf.sum(tf.square(covariance)).dataSync()[0]!;
    return { std, rank: square > 0 ? trace ** 2 / square : 1 };
  });
}

/** Under these, what is learned is nearly the same for all images. */
const COLLAPSED: Spread = { std: 0.05, rank: 1.5 };

/** The line that warns of a collapse, or undefined. */
export function collapseWarning({ std, rank }: Spread): string | undefined {
  if (std >= COLLAPSED.std && rank >= COLLAPSED.rank) return undefined;
  return (
    `warning: features are collapsing: deviation ${std.toFixed(3)} (1 is healthy), ${rank.toFixed(1)} directions. ` +
    'lower learningRate.base or raise objective.temperature'
  );
}
