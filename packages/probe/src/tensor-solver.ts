import { type TensorFlow, tf } from '@simclr/tensorflow';
import { approximateHessian } from './approximate-hessian.ts';
import { featureBlocks } from './feature-blocks.ts';
import { type LbfgsOptions, lbfgs, type Minimum } from './lbfgs.ts';
import type { LabelledFeatures } from './problem.ts';

type Matrix = TensorFlow.Tensor2D;

/** Solves one problem at several strengths. */
export interface Solver {
  /**
   * From `start` (not changed) to the minimum of the objective (objective.ts), parameters laid out as there.
   * @param finish goes on where L-BFGS crawls, if the solver can
   */
  minimise(l2: number, start: Float64Array, finish?: boolean): Minimum;
  dispose(): void;
}

/**
 * The objective of objective.ts by TensorFlow, blocks of rows in float32 and their sums in double: an order of
 * magnitude faster where there are many rows.
 *
 * L-BFGS sees it in other variables U, W = W₀ + L⁻ᵀ U with W₀ the start and L Lᵀ an approximate Hessian there. The minimum
 * is the same, the way to it shorter: raw pixels, whose variances span four orders of magnitude, take tens of iterations
 * and thousands without.
 */
export function tensorSolver(problem: LabelledFeatures, options: LbfgsOptions): Solver {
  const { classes } = problem;
  const data = featureBlocks(problem);
  const { blocks, loss, dim, basis } = data;
  const hessian = approximateHessian(data);
  const count = dim * classes;

  const vector = (values: Float64Array) => tf.tensor1d(Float32Array.from(values));
  const matrix = (values: Float64Array) => tf.tensor2d(Float32Array.from(values), [values.length / classes, classes]);

  /** Value at W [dim, classes], b [classes]; adds the gradients. */
  function evaluate(weights: Matrix, bias: TensorFlow.Tensor, slope: Float64Array, biasSlope: Float64Array): number {
    let value = 0;
    // [classes, dim]: turned once, not for every block.
    const turned = new Float64Array(count);
    for (const { x, target } of blocks) {
      tf.tidy(() => {
        const { losses, slopes } = loss.slope(tf.add(tf.matMul(x, weights), bias), target);
        // (sᵀ x)ᵀ: three times as fast as xᵀ s.
        const part = tf.matMul(slopes, x, true).dataSync();
        for (let i = 0; i < count; i++) turned[i]! += part[i]!;
        for (const [c, sum] of tf.sum(slopes, 0).dataSync().entries()) biasSlope[c]! += sum;
        for (const v of losses.dataSync()) value += v;
      });
    }
    for (let j = 0; j < dim; j++) for (let c = 0; c < classes; c++) slope[j * classes + c]! += turned[c * dim + j]!;
    return value;
  }

  function solve(l2: number, start: Float64Array): Minimum {
    const root = hessian(l2, matrix(start.subarray(0, count)), vector(start.subarray(count)));
    const parametersAt = (u: Float64Array): Float64Array => {
      const parameters = Float64Array.from(start);
      const moved = root.factor.solve(Float32Array.from(u.subarray(0, count)), { transposed: true });
      for (let i = 0; i < count; i++) parameters[i]! += moved[i]!;
      for (let c = count; c < u.length; c++) parameters[c]! += u[c]! / root.bias;
      return parameters;
    };
    const objective = (u: Float64Array, gradient: Float64Array): number =>
      tf.tidy(() => {
        const parameters = parametersAt(u);
        const [w, b] = [parameters.subarray(0, count), parameters.subarray(count)];
        const slope = w.map((v) => l2 * v);
        const biasSlope = new Float64Array(classes);
        const sum = evaluate(matrix(w), vector(b), slope, biasSlope);
        gradient.set(root.factor.solve(Float32Array.from(slope)));
        gradient.set(
          biasSlope.map((v) => v / root.bias),
          count,
        );
        return sum + (l2 / 2) * w.reduce((sum, v) => sum + v * v, 0);
      });
    try {
      const found = lbfgs(objective, new Float64Array(start.length), { ...options, firstStep: 1 });
      return { ...found, x: parametersAt(found.x) };
    } finally {
      root.factor.dispose();
    }
  }

  /** The same parameters with weights in the other basis: [d, classes] to [dim, classes], or back. */
  const changeBasis = (parameters: Float64Array, from: Matrix, transposed: boolean): Float64Array => {
    const weights = tf.matMul(from, matrix(parameters.subarray(0, parameters.length - classes)), transposed).dataSync();
    return Float64Array.from([...weights, ...parameters.subarray(parameters.length - classes)]);
  };

  return {
    minimise: (l2, start) => {
      let found: Minimum | undefined;
      tf.tidy(() => {
        if (!basis) found = solve(l2, start);
        else {
          const inside = solve(l2, changeBasis(start, basis, true));
          found = { ...inside, x: changeBasis(inside.x, basis, false) };
        }
      });
      return found!;
    },
    dispose: () => data.dispose(),
  };
}
