import { type TensorFlow, tf } from '@simclr/tensorflow';
import { cholesky, invertLower } from './cholesky.ts';
import { type LbfgsOptions, lbfgs, type Minimum } from './lbfgs.ts';
import type { LabelledFeatures } from './softmax-objective.ts';

type Matrix = TensorFlow.Tensor2D;

/** Rows of the loss that are summed in float32; the sums of blocks are added in double. All 60,000 would keep four digits. */
const BLOCK = 256;

const blockSums = (rows: TensorFlow.Tensor): TensorFlow.Tensor =>
  tf.sum(tf.reshape(tf.pad(rows, [[0, (BLOCK - (rows.size % BLOCK)) % BLOCK]]), [-1, BLOCK]), 1);

/** Rows that the approximate Hessian is taken from: it decides the way to the minimum, not the minimum. */
const HESSIAN_ROWS = 8000;

/** Solves one problem at several strengths, features resident in TensorFlow. */
export interface TensorSolver {
  /** From `start` (not changed) to the minimum of the softmax objective, parameters laid out as there. */
  minimise(l2: number, start: Float64Array, options: LbfgsOptions): Minimum;
  dispose(): void;
}

/**
 * The objective of softmax-objective.ts by TensorFlow in float32: an order of magnitude faster where there are many rows.
 *
 * L-BFGS sees it in other variables U, W = Tᵀ U with T = L⁻¹, where L Lᵀ approximates the Hessian at the start, one block
 * for all classes: Σᵢ sᵢ xᵢ xᵢᵀ + l2 I with sᵢ the mean over the classes of p(1 − p). The minimum is the same, the way to
 * it shorter: raw pixels, whose variances span four orders of magnitude, take tens of iterations and thousands without.
 */
export function tensorSolver({ features, labels, dim, classes }: LabelledFeatures): TensorSolver {
  const n = labels.length;
  const bias = dim * classes;
  const x = tf.tensor2d(features instanceof Float32Array ? features : Float32Array.from(features), [n, dim]);
  const target = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), classes), 'float32') as Matrix);
  const stride = Math.max(1, Math.floor(n / HESSIAN_ROWS));
  const sample = stride === 1 ? x : tf.tidy(() => tf.gather(x, tf.range(0, n, stride, 'int32')));

  const vector = (values: Float64Array) => tf.tensor1d(Float32Array.from(values));
  const matrix = (values: Float64Array) => tf.tensor2d(Float32Array.from(values), [values.length / classes, classes]);

  /** The approximate Hessian of the weights, factored, and the root of that of a bias. */
  function factor(l2: number, w: Float64Array): { l: Float64Array; biasRoot: number } {
    const p = tf.softmax(tf.add(tf.matMul(sample, matrix(w.subarray(0, bias))), vector(w.subarray(bias))));
    const s = tf.mul(tf.mean(tf.mul(p, tf.sub(1, p)), 1, true), n / sample.shape[0]);
    const hessian = Float64Array.from(tf.matMul(tf.mul(sample, s) as Matrix, sample, true).dataSync());
    // float32 rounding may leave a constant feature with a variance below zero: a millionth of the mean keeps it definite.
    let trace = 0;
    for (let i = 0; i < dim; i++) trace += hessian[i * dim + i]!;
    for (let i = 0; i < dim; i++) hessian[i * dim + i]! += l2 + (1e-6 * trace) / dim;
    return { l: cholesky(hessian, dim), biasRoot: Math.sqrt(tf.sum(s).dataSync()[0]!) };
  }

  function solve(l2: number, start: Float64Array, options: LbfgsOptions): Minimum {
    const { l, biasRoot } = factor(l2, start);
    const t = tf.tensor2d(Float32Array.from(invertLower(l, dim)), [dim, dim]);
    const weightsOf = (u: Float64Array) => tf.matMul(t, matrix(u.subarray(0, bias)), true);
    const biasOf = (u: Float64Array) => u.subarray(bias).map((v) => v / biasRoot);

    // U = Lᵀ W.
    const u = new Float64Array(start.length);
    for (let i = 0; i < dim; i++)
      for (let j = 0; j <= i; j++)
        for (let c = 0; c < classes; c++) u[j * classes + c]! += l[i * dim + j]! * start[i * classes + c]!;
    for (let c = bias; c < start.length; c++) u[c] = start[c]! * biasRoot;

    const objective = (at: Float64Array, gradient: Float64Array): number =>
      tf.tidy(() => {
        const weights = weightsOf(at);
        const logProbabilities = tf.logSoftmax(tf.add(tf.matMul(x, weights), vector(biasOf(at))));
        const error = tf.sub(tf.exp(logProbabilities), target) as Matrix;
        // (eᵀ x)ᵀ: three times as fast as xᵀ e.
        const slope = tf.add(tf.transpose(tf.matMul(error, x, true)), tf.mul(weights, l2)) as Matrix;
        gradient.set(tf.matMul(t, slope).dataSync());
        gradient.set(tf.div(tf.sum(error, 0), biasRoot).dataSync(), bias);
        let value = (l2 / 2) * tf.sum(tf.square(weights)).dataSync()[0]!;
        for (const sum of blockSums(tf.sum(tf.mul(logProbabilities, target), 1)).dataSync()) value -= sum;
        return value;
      });
    const found = lbfgs(objective, u, options);
    const solution = new Float64Array(start.length);
    solution.set(weightsOf(found.x).dataSync());
    solution.set(biasOf(found.x), bias);
    return { ...found, x: solution };
  }

  return {
    minimise(l2, start, options) {
      let found: Minimum | undefined;
      tf.tidy(() => {
        found = solve(l2, start, options);
      });
      return found!;
    },
    dispose: () => tf.dispose([x, target, sample]),
  };
}
