import { tf } from '@simclr/tensorflow';
import { approximateInverse } from './approximate-inverse.ts';
import { featureBlocks } from './feature-blocks.ts';
import { type LbfgsOptions, lbfgs, type Minimum, type Pair } from './lbfgs.ts';
import type { LabelledFeatures } from './problem.ts';
import type { Steps } from './steps.ts';
import { addScaled, dot } from './vectors.ts';

/** Solves one problem at several strengths. */
export interface Solver {
  /**
   * From `start` (not changed) to the minimum of the objective (objective.ts), parameters laid out as there.
   * @param finish goes on where L-BFGS crawls, if the solver can
   */
  minimise(l2: number, start: Float64Array, finish?: boolean): Steps<Minimum>;
  dispose(): void;
}

/**
 * The objective of objective.ts by TensorFlow, blocks of rows in float32 and their sums in double: an order of
 * magnitude faster where there are many rows.
 *
 * L-BFGS starts from an approximate inverse Hessian: raw pixels, whose variances span four orders of magnitude, take tens of
 * iterations and thousands without. What it has learned of the curvature at one strength it keeps for the next: of the data
 * that is nearly the same, and the penalty's is known. That halves the evaluations of a path.
 */
export function tensorSolver(problem: LabelledFeatures, options: LbfgsOptions, blockValues?: number): Solver {
  const { classes } = problem;
  const data = featureBlocks(problem, blockValues);
  const { blocks, loss, dim, basis } = data;
  const inverse = approximateInverse(data);
  const count = dim * classes;
  const memory: Pair[] = [];
  /** Strength of the penalty that the memory has in it. */
  let remembered = 0;

  /** [classes, dim] and [classes], of parameters in this order. */
  const tensors = (parameters: Float64Array) => ({
    weights: tf.tensor2d(new Float32Array(parameters.subarray(0, count)), [classes, dim]),
    bias: tf.tensor1d(new Float32Array(parameters.subarray(count))),
  });

  /** The sum of losses; adds its gradient. */
  function evaluate(parameters: Float64Array, gradient: Float64Array): number {
    let value = 0;
    const { weights, bias } = tensors(parameters);
    // Products of x with few columns are faster than of few rows with xᵀ.
    const columns = tf.transpose(weights);
    for (const { x, target } of blocks) {
      tf.tidy(() => {
        const { losses, slopes } = loss.slope(tf.add(tf.matMul(x, columns), bias), target);
        const part = tf.matMul(slopes, x, true).dataSync();
        for (let i = 0; i < count; i++) gradient[i]! += part[i]!;
        const sums = tf.sum(slopes, 0).dataSync();
        for (let c = 0; c < classes; c++) gradient[count + c]! += sums[c]!;
        const each = losses.dataSync();
        for (let i = 0; i < each.length; i++) value += each[i]!;
      });
    }
    return value;
  }

  function solve(l2: number, start: Float64Array): Steps<Minimum> {
    const { weights, bias } = tensors(start);
    inverse.move(l2, weights, bias);
    tf.dispose([weights, bias]);
    for (const pair of memory) {
      addScaled(pair.y.subarray(0, count), l2 - remembered, pair.s);
      pair.curvature = dot(pair.s, pair.y);
    }
    remembered = l2;
    const objective = (parameters: Float64Array, gradient: Float64Array): number =>
      tf.tidy(() => {
        let square = 0;
        for (let i = 0; i < count; i++) {
          square += parameters[i]! * parameters[i]!;
          gradient[i] = l2 * parameters[i]!;
        }
        gradient.fill(0, count);
        return evaluate(parameters, gradient) + (l2 / 2) * square;
      });
    return lbfgs(objective, start, { ...options, memory, precondition: inverse.times });
  }

  /** Weights [classes, d], in the basis [d, dim]; or back. */
  const changeBasis = (weights: Float64Array, back: boolean): Float64Array => {
    if (!basis) return weights;
    const result = new Float64Array(classes * basis.shape[back ? 0 : 1]);
    tf.tidy(() => {
      const rows = tf.tensor2d(new Float32Array(weights), [classes, weights.length / classes]);
      result.set(tf.matMul(rows, basis, false, back).dataSync());
    });
    return result;
  };
  /** Parameters of objective.ts with weights as they are here; or back. */
  const inside = (parameters: Float64Array): Float64Array => {
    const weights = parameters.subarray(0, parameters.length - classes);
    return joined(changeBasis(turned(weights, classes), false), parameters.subarray(weights.length));
  };
  const outside = (parameters: Float64Array): Float64Array => {
    const weights = changeBasis(parameters.subarray(0, count), true);
    return joined(turned(weights, weights.length / classes), parameters.subarray(count));
  };

  return {
    *minimise(l2, start) {
      const found = yield* solve(l2, inside(start));
      return { ...found, x: outside(found.x) };
    },
    dispose() {
      inverse.dispose();
      data.dispose();
    },
  };
}

/** A matrix with rows for columns. @param columns that it has */
function turned(matrix: Float64Array, columns: number): Float64Array {
  const rows = matrix.length / columns;
  const result = new Float64Array(matrix.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!;
  return result;
}

function joined(weights: Float64Array, bias: Float64Array): Float64Array {
  const parameters = new Float64Array(weights.length + bias.length);
  parameters.set(weights);
  parameters.set(bias, weights.length);
  return parameters;
}
