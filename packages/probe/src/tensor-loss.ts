import { type TensorFlow, tf } from '@simclr/tensorflow';
import type { LabelledFeatures } from './problem.ts';

type Matrix = TensorFlow.Tensor2D;

/**
 * A loss of rows by their logits, in single precision; the small ones of sure rows keep their seven digits. Classes go down
 * and rows across: sums over a few classes are then of whole vectors, in a third of the time.
 */
export interface TensorLoss {
  /** [classes, n], of labels of n rows as a problem has them. */
  target(labels: Int32Array): Matrix;
  /** Losses of rows, any shape, and their slopes by logits, [classes, n]. */
  slope(logits: TensorFlow.Tensor, target: Matrix): { losses: TensorFlow.Tensor; slopes: Matrix };
  /** The mean over classes of the diagonal of the Hessian by logits, [n]. */
  curvature(logits: TensorFlow.Tensor, target: Matrix): TensorFlow.Tensor;
}

const softmax = (classes: number): TensorLoss => ({
  target: (labels) => {
    const target = new Float32Array(classes * labels.length);
    for (let i = 0; i < labels.length; i++) target[labels[i]! * labels.length + i] = 1;
    return tf.tensor2d(target, [classes, labels.length]);
  },
  slope: (logits, target) => {
    // By margins to the row's own class: log Σ exp less its own logit would leave nothing of a loss below 1e-6.
    const margins = tf.sub(logits, tf.sum(tf.mul(logits, target), 0));
    const top = tf.max(margins, 0);
    const others = tf.mul(tf.exp(tf.sub(margins, top)), tf.sub(1, target));
    const rest = tf.sum(others, 0);
    const more = tf.add(rest, tf.expm1(tf.neg(top)));
    const all = tf.add(more, 1);
    const slopes = tf.sub(tf.div(others, all), tf.mul(target, tf.div(rest, all))) as Matrix;
    return { losses: tf.add(top, tf.log1p(more)), slopes };
  },
  curvature: (logits) => {
    const e = tf.exp(tf.sub(logits, tf.max(logits, 0)));
    const p = tf.div(e, tf.sum(e, 0));
    return tf.mean(tf.mul(p, tf.sub(1, p)), 0);
  },
});

const oneVsRest = (classes: number): TensorLoss => ({
  target: (labels) => {
    const n = labels.length / classes;
    const target = new Float32Array(labels.length);
    for (let i = 0; i < n; i++) for (let c = 0; c < classes; c++) target[c * n + i] = labels[i * classes + c]!;
    return tf.tensor2d(target, [classes, n]);
  },
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
    tf.mean(tf.mul(tf.abs(target), tf.mul(tf.sigmoid(logits), tf.sigmoid(tf.neg(logits)))), 0),
});

export const tensorLoss = ({ loss, classes }: LabelledFeatures): TensorLoss =>
  loss === 'one-vs-rest' ? oneVsRest(classes) : softmax(classes);
