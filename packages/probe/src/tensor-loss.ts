import { type TensorFlow, tf } from '@simclr/tensorflow';
import type { LabelledFeatures } from './problem.ts';

type Matrix = TensorFlow.Tensor2D;

/** A loss of rows by their logits, in single precision; the small ones of sure rows keep their seven digits. */
export interface TensorLoss {
  /** [n, classes], of labels of n rows as a problem has them. */
  target(labels: Int32Array): Matrix;
  /** Losses of rows, any shape, and their slopes by logits, [n, classes]. */
  slope(logits: TensorFlow.Tensor, target: Matrix): { losses: TensorFlow.Tensor; slopes: Matrix };
  /** The mean over classes of the diagonal of the Hessian by logits, [n]. */
  curvature(logits: TensorFlow.Tensor, target: Matrix): TensorFlow.Tensor;
}

const softmax = (classes: number): TensorLoss => ({
  target: (labels) => {
    const target = new Float32Array(labels.length * classes);
    for (let i = 0; i < labels.length; i++) target[i * classes + labels[i]!] = 1;
    return tf.tensor2d(target, [labels.length, classes]);
  },
  slope: (logits, target) => {
    // By margins to the row's own class: log Σ exp less its own logit would leave nothing of a loss below 1e-6.
    const margins = tf.sub(logits, tf.sum(tf.mul(logits, target), 1, true));
    const top = tf.max(margins, 1, true);
    const others = tf.mul(tf.exp(tf.sub(margins, top)), tf.sub(1, target));
    const rest = tf.sum(others, 1, true);
    const more = tf.add(rest, tf.expm1(tf.neg(top)));
    const all = tf.add(more, 1);
    const slopes = tf.sub(tf.div(others, all), tf.mul(target, tf.div(rest, all))) as Matrix;
    return { losses: tf.add(top, tf.log1p(more)), slopes };
  },
  curvature: (logits) => {
    const e = tf.exp(tf.sub(logits, tf.max(logits, 1, true)));
    const p = tf.div(e, tf.sum(e, 1, true));
    return tf.mean(tf.mul(p, tf.sub(1, p)), 1);
  },
});

const oneVsRest = (classes: number): TensorLoss => ({
  target: (labels) => tf.tensor2d(Float32Array.from(labels), [labels.length / classes, classes]),
  slope: (logits, target) => {
    const margins = tf.mul(logits, target);
    const losses = tf.add(tf.relu(tf.neg(margins)), tf.log1p(tf.exp(tf.neg(tf.abs(margins)))));
    // A difficult one has the margin 0, of which log 2 would be left.
    return {
      losses: tf.mul(losses, tf.abs(target)),
      slopes: tf.neg(tf.mul(target, tf.sigmoid(tf.neg(margins)))) as Matrix,
    };
  },
  curvature: (logits, target) =>
    tf.mean(tf.mul(tf.abs(target), tf.mul(tf.sigmoid(logits), tf.sigmoid(tf.neg(logits)))), 1),
});

export const tensorLoss = ({ loss, classes }: LabelledFeatures): TensorLoss =>
  loss === 'one-vs-rest' ? oneVsRest(classes) : softmax(classes);
