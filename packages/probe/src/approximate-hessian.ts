import { UserError } from '@simclr/stage';
import { type CholeskyFactor, cholesky, type TensorFlow, tf } from '@simclr/tensorflow';
import type { Block, FeatureBlocks } from './feature-blocks.ts';

type Matrix = TensorFlow.Tensor2D;

/**
 * Values that it is taken from, of evenly spaced rows: 11,000 rows of 3,072, and all of 40,000 rows of 784. It decides the
 * way to the minimum, not the minimum.
 */
const SAMPLE_VALUES = 2 ** 25;

/** A share of Σ sᵢ left that calls for another Gram matrix, which takes a second where there are 3,072 dimensions. */
const STALE = 0.5;

/** Triangular root of an approximate Hessian H = L Lᵀ. */
export interface HessianRoot {
  /** Of the weights of a class, the same for all. */
  factor: CholeskyFactor;
  /** Of a bias, a number above 0. */
  bias: number;
}

/**
 * Approximates the Hessian of the objective by one block for all classes, Σᵢ sᵢ xᵢ xᵢᵀ + l2 I, with sᵢ the mean over the
 * classes of p(1 − p). Along a path of strengths the probabilities change little: the sum is taken again only once
 * they have become sure of many rows.
 */
export function approximateHessian({ blocks, loss, rows, dim }: FeatureBlocks) {
  const stride = Math.max(1, Math.floor((rows * dim) / SAMPLE_VALUES));
  let gram = new Float32Array(0);
  let diagonal = new Float32Array(0);
  /** Σ sᵢ when the Gram matrix was taken. */
  let curvature = 0;

  const thin = (of: Matrix): Matrix => (stride === 1 ? of : tf.gather(of, tf.range(0, of.shape[0], stride, 'int32')));
  const sampleOf = ({ x, target }: Block): Block => ({ x: thin(x), target: thin(target) });
  const sampled = blocks.reduce((sum, { x }) => sum + Math.ceil(x.shape[0] / stride), 0);

  function update(weights: Matrix, bias: TensorFlow.Tensor): void {
    /** sᵢ of rows, each standing for as many as were left out, [n, 1]. */
    const weigh = ({ x, target }: Block) =>
      tf.mul(loss.curvature(tf.add(tf.matMul(x, weights), bias), target), rows / sampled);
    let sum = 0;
    for (const block of blocks) sum += tf.tidy(() => tf.sum(weigh(sampleOf(block))).dataSync()[0]!);
    if (gram.length > 0 && sum > STALE * curvature) return;
    curvature = sum;
    let total = tf.zeros([dim, dim]);
    for (const block of blocks) {
      const next = tf.tidy(() => {
        const part = sampleOf(block);
        return tf.add(total, tf.matMul(tf.mul(part.x, weigh(part)) as Matrix, part.x, true));
      });
      total.dispose();
      total = next;
    }
    gram = total.dataSync() as Float32Array<ArrayBuffer>;
    diagonal = Float32Array.from({ length: dim }, (_, i) => gram[i * dim + i]!);
  }

  return (l2: number, weights: Matrix, bias: TensorFlow.Tensor): HessianRoot => {
    // Nothing is returned through tidy: it walks through whatever an object holds, every number of an array.
    tf.tidy(() => update(weights, bias));
    const mean = diagonal.reduce((sum, v) => sum + v, 0) / dim;
    // float32 rounding may leave a direction without variance below zero: a millionth of the mean is mostly enough.
    for (let share = 1e-6; share <= 1; share *= 10) {
      for (let i = 0; i < dim; i++) gram[i * dim + i] = diagonal[i]! + l2 + share * mean;
      const factor = cholesky(gram);
      if (factor) return { factor, bias: Math.sqrt(Math.max(curvature, 1e-9 * rows)) };
    }
    throw new UserError(
      `not positive definite: the approximate Hessian at l2 ${l2}. features are not finite: is the encoder's training sound?`,
    );
  };
}
