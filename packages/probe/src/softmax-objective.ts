import { type TensorFlow, tf } from '@simclr/tensorflow';
import { cholesky, choleskySolve } from './cholesky.ts';
import type { Objective } from './lbfgs.ts';

/** What a classifier is fitted to. */
export interface LabelledFeatures {
  /** [n, d], row-major. */
  features: Float32Array;
  /** [n], 0..classes−1. */
  labels: Int32Array;
  dim: number;
  classes: number;
}

/**
 * Σᵢ CE(softmax(W xᵢ + b), yᵢ) + l2/2 ‖W‖², the bias free. Parameters are W [d, classes], then b [classes].
 * In double precision; for small problems and as the reference of the other.
 */
export function softmaxObjective({ features, labels, dim, classes }: LabelledFeatures, l2: number): Objective {
  const n = labels.length;
  const bias = dim * classes;
  const p = new Float64Array(classes);
  return (w, gradient) => {
    gradient.fill(0);
    let value = 0;
    for (let i = 0; i < n; i++) {
      const x = i * dim;
      for (let c = 0; c < classes; c++) p[c] = w[bias + c]!;
      for (let j = 0; j < dim; j++) {
        const v = features[x + j]!;
        for (let c = 0; c < classes; c++) p[c]! += v * w[j * classes + c]!;
      }
      let top = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) top = Math.max(top, p[c]!);
      const own = p[labels[i]!]!;
      let sum = 0;
      for (let c = 0; c < classes; c++) sum += p[c] = Math.exp(p[c]! - top);
      value += Math.log(sum) + top - own;
      for (let c = 0; c < classes; c++) p[c]! /= sum;
      p[labels[i]!]! -= 1;
      for (let j = 0; j < dim; j++) {
        const v = features[x + j]!;
        for (let c = 0; c < classes; c++) gradient[j * classes + c]! += v * p[c]!;
      }
      for (let c = 0; c < classes; c++) gradient[bias + c]! += p[c]!;
    }
    return value + penalty(w, gradient, bias, l2);
  };
}

function penalty(w: Float64Array, gradient: Float64Array, count: number, l2: number): number {
  let square = 0;
  for (let j = 0; j < count; j++) {
    square += w[j]! * w[j]!;
    gradient[j]! += l2 * w[j]!;
  }
  return (l2 / 2) * square;
}

/** The same objective by TensorFlow in float32, features resident; an order of magnitude faster where there are many rows. */
export interface TensorProblem {
  objective(l2: number): Objective;
  /**
   * An approximate inverse Hessian at w, one block for all classes: Σᵢ sᵢ xᵢ xᵢᵀ + l2 I with sᵢ the mean over the classes
   * of p(1 − p). Raw pixels, whose variances span four orders of magnitude, take tens of iterations with it and thousands
   * without.
   */
  precondition(l2: number, w: Float64Array): (direction: Float64Array) => void;
  dispose(): void;
}

export function tensorProblem({ features, labels, dim, classes }: LabelledFeatures): TensorProblem {
  const x = tf.tensor2d(features, [labels.length, dim]);
  const target = tf.tidy(
    () => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), classes), 'float32') as TensorFlow.Tensor2D,
  );
  const bias = dim * classes;
  const logitsAt = (w: Float64Array) => {
    const weights = tf.tensor2d(Float32Array.from(w.subarray(0, bias)), [dim, classes]);
    return tf.add(tf.matMul(x, weights), tf.tensor1d(Float32Array.from(w.subarray(bias)))) as TensorFlow.Tensor2D;
  };
  return {
    objective: (l2) => (w, gradient) => {
      const [loss, weightGradient, biasGradient] = tf.tidy(() => {
        const logProbabilities = tf.logSoftmax(logitsAt(w));
        const error = tf.sub(tf.exp(logProbabilities), target) as TensorFlow.Tensor2D;
        // Row by row in float32, then summed in double: the sum of 60,000 rows would keep four digits.
        const rows = tf.sum(tf.mul(logProbabilities, target), 1);
        return [rows.dataSync(), tf.matMul(x, error, true).dataSync(), tf.sum(error, 0).dataSync()] as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
      });
      let value = 0;
      for (const row of loss) value -= row;
      gradient.set(weightGradient);
      gradient.set(biasGradient, bias);
      return value + penalty(w, gradient, bias, l2);
    },
    precondition(l2, w) {
      const [gram, curvature] = tf.tidy(() => {
        const p = tf.softmax(logitsAt(w));
        const s = tf.mean(tf.mul(p, tf.sub(1, p)), 1, true);
        return [tf.matMul(tf.mul(x, s) as TensorFlow.Tensor2D, x, true).dataSync(), tf.sum(s).dataSync()[0]!] as const;
      });
      const hessian = Float64Array.from(gram as Float32Array);
      // float32 rounding may leave a constant feature with a variance below zero: a millionth of the mean keeps it definite.
      let trace = 0;
      for (let i = 0; i < dim; i++) trace += hessian[i * dim + i]!;
      for (let i = 0; i < dim; i++) hessian[i * dim + i]! += l2 + (1e-6 * trace) / dim;
      const factor = cholesky(hessian, dim);
      return (direction) => {
        choleskySolve(factor, dim, direction.subarray(0, bias), classes);
        for (let i = bias; i < direction.length; i++) direction[i]! /= curvature;
      };
    },
    dispose() {
      x.dispose();
      target.dispose();
    },
  };
}
