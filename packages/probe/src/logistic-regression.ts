import { type TensorFlow, tf } from '@simclr/tensorflow';
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

/** A solution of a path: parameters of the softmax objective. */
interface Solved {
  l2: number;
  x: Float64Array;
}

/** Steps of ln l2 over which a path is extrapolated, at most: half a decade. Over larger ones it gains nothing. */
const LONGEST_STEP = Math.log(10) / 2;

/**
 * Where the solution at l2 is likely to be: on the parabola in ln l2 through the last three, or their last where the path
 * has no three yet, or its steps are not even. On the paper's path of 45 strengths it takes two thirds of the iterations
 * away for separable features (a few rows a dimension) and a fifth for others.
 */
function foresee(solved: readonly Solved[], l2: number): Float64Array {
  const [a, b, c] = solved.toReversed();
  if (!b || !c) return a!.x;
  const steps = [l2 / a!.l2, a!.l2 / b.l2, b.l2 / c.l2].map(Math.log) as [number, number, number];
  const even = steps.every((step) => Math.abs(step / steps[0] - 1) < 0.01);
  if (!even || Math.abs(steps[0]) > 1.001 * LONGEST_STEP) return a!.x;
  return a!.x.map((value, i) => 3 * (value - b.x[i]!) + c.x[i]!);
}

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
    const first = new Float64Array((dim + 1) * classes);
    if (from) first.set([...from.weights, ...from.bias]);
    const solved: Solved[] = [];
    return l2s.map((l2) => {
      const start = solved.length > 0 ? foresee(solved, l2) : first;
      const { x, value, iterations } = tensors
        ? tensors.minimise(l2, start, SOLVER.fast)
        : lbfgs(softmaxObjective(problem, l2), start, SOLVER.exact);
      solved.push({ l2, x });
      if (solved.length > 3) solved.shift();
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

/** Gives the logits of rows from..to, [to − from, classes], chunk by chunk; they are freed after `use`. */
function eachLogits(
  { weights, bias, dim, classes }: LinearClassifier,
  features: Float32Array | Float64Array,
  use: (logits: TensorFlow.Tensor2D, from: number, to: number) => void,
): void {
  const n = features.length / dim;
  tf.tidy(() => {
    const w = tf.tensor2d(Float32Array.from(weights), [dim, classes]);
    const b = tf.tensor1d(Float32Array.from(bias));
    for (let from = 0; from < n; from += CHUNK) {
      const to = Math.min(n, from + CHUNK);
      const part = features.subarray(from * dim, to * dim);
      tf.tidy(() => {
        const x = tf.tensor2d(part instanceof Float32Array ? part : Float32Array.from(part), [to - from, dim]);
        use(tf.add(tf.matMul(x, w), b), from, to);
      });
    }
  });
}

/**
 * Class of the largest logit, a row.
 * @param features [n, d]
 */
export function predict(classifier: LinearClassifier, features: Float32Array | Float64Array): Int32Array {
  const result = new Int32Array(features.length / classifier.dim);
  eachLogits(classifier, features, (logits, from) => result.set(tf.argMax(logits, 1).dataSync(), from));
  return result;
}

/** How a classifier does on labelled rows: of how many the class is right, and Σ cross-entropies, nats. */
export interface Score {
  right: number;
  loss: number;
}

/**
 * Scores a classifier.
 * @param features [n, d]
 */
export function score(
  classifier: LinearClassifier,
  { features, labels }: { features: Float32Array | Float64Array; labels: Int32Array },
): Score {
  const sum: Score = { right: 0, loss: 0 };
  eachLogits(classifier, features, (logits, from, to) => {
    const own = labels.subarray(from, to);
    const target = tf.oneHot(tf.tensor1d(own, 'int32'), classifier.classes);
    for (const value of tf.sum(tf.mul(tf.logSoftmax(logits), target), 1).dataSync()) sum.loss -= value;
    const predicted = tf.argMax(logits, 1).dataSync();
    for (let i = 0; i < own.length; i++) if (predicted[i] === own[i]) sum.right++;
  });
  return sum;
}
