import { UserError } from '@simclr/stage';
import { cholesky, eigh, type TensorFlow, tf } from '@simclr/tensorflow';
import type { Block, FeatureBlocks } from './feature-blocks.ts';

type Matrix = TensorFlow.Tensor2D;

/**
 * Values that it is taken from, of evenly spaced rows: 11,000 rows of 3,072, and all of 40,000 rows of 784. It decides the
 * way to the minimum, not the minimum.
 */
const SAMPLE_VALUES = { gram: 2 ** 25, curvature: 2 ** 22 };

/** A share of Σ sᵢ left that calls for another Gram matrix, which takes a second where there are 3,072 dimensions. */
const STALE = 0.1;

/**
 * Dimensions up to which the Gram matrix is decomposed, which serves all strengths (0.8 s for 1,280, by the cube), beyond
 * which it is factored at each (0.4 s for 3,072).
 */
const DECOMPOSED = 2048;

/** Approximates the product of the inverse Hessian with a gradient. */
export interface ApproximateInverse {
  /**
   * At other parameters: [classes, dim] and [classes], and another strength.
   * @throws UserError where features are not finite
   */
  move(l2: number, weights: Matrix, bias: TensorFlow.Tensor): void;
  /** @param gradient [classes, dim], then [classes] */
  times(gradient: Float64Array): Float64Array;
  dispose(): void;
}

/** Products with (G + l2 I)⁻¹, rows times it. */
interface Inverse {
  times(rows: Matrix): Matrix;
  dispose(): void;
}

const refuse = (l2: number): never => {
  throw new UserError(
    `not positive definite: the approximate Hessian at l2 ${l2}. features are not finite: is the encoder's training sound?`,
  );
};

/** Share of the largest eigenvalue that rounding leaves of the smallest. */
const ROUNDING = 3e-7;

/** Q diag(1 / (κ e + l2)) Qᵀ. */
function decomposed(gram: Float32Array, dim: number) {
  const { values, vectors } = eigh(gram, dim);
  tf.keep(vectors);
  const least = ROUNDING * values.at(-1)!;
  return {
    at(l2: number, shrunk: number): Inverse {
      const inverse = tf.tidy(() => {
        const roots = Float32Array.from(values, (v) => 1 / Math.sqrt(shrunk * Math.max(v, least) + l2));
        const half = tf.mul(vectors, tf.tensor1d(roots)) as Matrix;
        return tf.matMul(half, half, false, true);
      });
      return { times: (rows) => tf.matMul(rows, inverse), dispose: () => inverse.dispose() };
    },
    dispose: () => vectors.dispose(),
  };
}

/** L⁻ᵀ L⁻¹ of L Lᵀ = κ G + l2 I. */
function factored(gram: Float32Array, dim: number) {
  const diagonal = Float32Array.from({ length: dim }, (_, i) => gram[i * dim + i]!);
  const mean = diagonal.reduce((sum, v) => sum + v, 0) / dim;
  return {
    at(l2: number, shrunk: number): Inverse {
      // Rounding may leave a direction without variance below zero: a millionth of the mean is mostly enough.
      for (let share = 1e-6; share <= 1; share *= 10) {
        for (let i = 0; i < dim; i++) gram[i * dim + i] = diagonal[i]! + l2 / shrunk + share * mean;
        const factor = cholesky(gram);
        if (!factor) continue;
        const times = (rows: Matrix): Matrix => {
          const columns = tf.transpose(rows).dataSync() as Float32Array;
          const solved = factor.solve(factor.solve(columns), { transposed: true });
          return tf.div(tf.transpose(tf.tensor2d(solved, [dim, rows.shape[0]])), shrunk);
        };
        return { times, dispose: () => factor.dispose() };
      }
      return refuse(l2);
    },
    dispose() {},
  };
}

/**
 * Approximates the Hessian of the objective by one block for all classes, Σᵢ sᵢ xᵢ xᵢᵀ + l2 I, with sᵢ the mean over the
 * classes of p(1 − p). Along a path of strengths the probabilities change little: the sum is taken again only once
 * they have become sure of many rows, and is made smaller in between.
 */
export function approximateInverse({ blocks, loss, rows, dim }: FeatureBlocks): ApproximateInverse {
  let gram: ReturnType<typeof decomposed> | undefined;
  /** Σ sᵢ when the Gram matrix was taken, and now. */
  let curvature = { taken: 0, now: 0 };
  let inverse: Inverse | undefined;

  /** Evenly spaced rows, so many that they have `values` values, and sᵢ of each, [n]: it stands for those that were left out. */
  function* sampled(values: number, weights: Matrix, bias: TensorFlow.Tensor) {
    const stride = Math.max(1, Math.floor((rows * dim) / values));
    const thin = (of: Matrix): Matrix => (stride === 1 ? of : tf.gather(of, tf.range(0, of.shape[0], stride, 'int32')));
    const count = blocks.reduce((sum, { x }) => sum + Math.ceil(x.shape[0] / stride), 0);
    for (const block of blocks) {
      const part: Block = { x: thin(block.x), target: thin(block.target) };
      const logits = tf.add(tf.matMul(part.x, weights, false, true), bias);
      yield { x: part.x, s: tf.mul(loss.curvature(logits, part.target), rows / count) };
    }
  }

  function update(l2: number, weights: Matrix, bias: TensorFlow.Tensor): void {
    let now = 0;
    for (const { s } of sampled(SAMPLE_VALUES.curvature, weights, bias)) now += tf.sum(s).dataSync()[0]!;
    curvature.now = Math.max(now, 1e-9 * rows);
    if (gram && curvature.now > STALE * curvature.taken) return;
    gram?.dispose();
    let total: TensorFlow.Tensor = tf.zeros([dim, dim]);
    for (const { x, s } of sampled(SAMPLE_VALUES.gram, weights, bias))
      total = tf.add(total, tf.matMul(tf.mul(x, tf.expandDims(s, 1)) as Matrix, x, true));
    const values = total.dataSync() as Float32Array;
    if (!Number.isFinite(now) || !values.every(Number.isFinite)) refuse(l2);
    curvature = { taken: curvature.now, now: curvature.now };
    gram = dim <= DECOMPOSED ? decomposed(values, dim) : factored(values, dim);
  }

  return {
    move(l2, weights, bias) {
      // Nothing is returned through tidy: it walks through whatever an object holds, every number of an array.
      tf.tidy(() => update(l2, weights, bias));
      inverse?.dispose();
      inverse = gram!.at(l2, curvature.now / curvature.taken);
    },
    times(gradient) {
      const classes = gradient.length / (dim + 1);
      const at = dim * classes;
      const result = new Float64Array(gradient.length);
      tf.tidy(() => {
        const part = tf.tensor2d(new Float32Array(gradient.subarray(0, at)), [classes, dim]);
        result.set(inverse!.times(part).dataSync());
      });
      for (let c = at; c < gradient.length; c++) result[c] = gradient[c]! / curvature.now;
      return result;
    },
    dispose() {
      inverse?.dispose();
      gram?.dispose();
    },
  };
}
