import { tf } from '@simclr/tensorflow';
import { lbfgs } from './lbfgs.ts';
import { type LabelledFeatures, softmaxObjective } from './softmax-objective.ts';
import { tensorSolver } from './tensor-solver.ts';

/** A fitted linear classifier. */
export interface LinearClassifier {
  /** [d, classes], row-major. */
  weights: Float64Array;
  /** [classes]. */
  bias: Float64Array;
  dim: number;
  classes: number;
  l2: number;
  /** Σ cross-entropies + l2/2 ‖W‖² at the solution. */
  objective: number;
  iterations: number;
}

/** Features beyond which TensorFlow computes the objective. */
const SMALL = 20_000;

const SOLVER = {
  /** Float64: to the optimum. */
  exact: { maxIterations: 2000, gradientTolerance: 1e-7, relativeTolerance: 1e-13 },
  /**
   * Float32: until iterations gain a ten-millionth, so that the choice of l2 is that of the optimum. For CIFAR-10's pixels
   * and an encoder's 256 features, all labels to 1 %, l2 1000 to 1, the objective is then within 4e-7 of it (1e-5 for 450
   * rows) and hardly a prediction differs; a tenth of the precision, in three quarters of the time, turns some.
   * Fashion-MNIST's 784 pixels run out of iterations: 3e-5, 4e-4 and 2e-3 above the optimum at l2 100, 10 and 1.
   */
  fast: { maxIterations: 150, gradientTolerance: 1e-3, relativeTolerance: 1e-7 },
};

/**
 * L2-regularised multinomial logistic regression by L-BFGS, as the paper's linear evaluation and transfer have it
 * (section B.8). The penalty multiplies a *sum* of losses: scikit-learn's C = 1 / l2.
 *
 * @param l2s strengths to fit, each started from the one before it; from strong to weak is fastest
 * @param from where the first starts; zeros by default
 */
export function fitPath(
  problem: LabelledFeatures,
  l2s: readonly number[],
  from?: LinearClassifier,
): LinearClassifier[] {
  const { dim, classes, labels, part } = problem;
  const rows = part?.rows.length ?? labels.length;
  const tensors = rows * dim <= SMALL ? undefined : tensorSolver(problem);
  try {
    let start: Float64Array = new Float64Array((dim + 1) * classes);
    if (from) start.set([...from.weights, ...from.bias]);
    return l2s.map((l2) => {
      const { x, value, iterations } = tensors
        ? tensors.minimise(l2, start, SOLVER.fast)
        : lbfgs(softmaxObjective(problem, l2), start, SOLVER.exact);
      start = x;
      const weights = x.slice(0, dim * classes);
      return { weights, bias: x.slice(dim * classes), dim, classes, l2, objective: value, iterations };
    });
  } finally {
    tensors?.dispose();
  }
}

/** One fit. */
export function logisticRegression(problem: LabelledFeatures, l2: number): LinearClassifier {
  return fitPath(problem, [l2])[0]!;
}

/** Rows that are predicted at a time. */
const CHUNK = 4096;

/** Class of the largest logit, a row. @param features [n, d] */
export function predict(
  { weights, bias, dim, classes }: LinearClassifier,
  features: Float32Array | Float64Array,
): Int32Array {
  const n = features.length / dim;
  const result = new Int32Array(n);
  tf.tidy(() => {
    const w = tf.tensor2d(Float32Array.from(weights), [dim, classes]);
    const b = tf.tensor1d(Float32Array.from(bias));
    for (let from = 0; from < n; from += CHUNK) {
      const rows = Math.min(CHUNK, n - from);
      const part = features.subarray(from * dim, (from + rows) * dim);
      const x = tf.tensor2d(part instanceof Float32Array ? part : Float32Array.from(part), [rows, dim]);
      result.set(tf.argMax(tf.add(tf.matMul(x, w), b), 1).dataSync(), from);
      x.dispose();
    }
  });
  return result;
}
