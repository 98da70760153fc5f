import { type TensorFlow, tf } from '@simclr/tensorflow';
import { exactSolver } from './exact-solver.ts';
import { largestOf } from './metrics.ts';
import { type LabelledFeatures, rowsOf } from './problem.ts';
import { atOnce, type Steps } from './steps.ts';
import { type Solver, tensorSolver } from './tensor-solver.ts';

/** Linear scores of classes. */
export interface LinearModel {
  /** [d, classes], row-major. */
  weights: Float64Array;
  /** [classes]. */
  bias: Float64Array;
  dim: number;
  classes: number;
}

/** A fitted linear classifier. */
export interface LinearClassifier extends LinearModel {
  l2: number;
  /** Σ losses + l2/2 ‖W‖² at the solution. */
  objective: number;
  iterations: number;
}

/**
 * Rows × dimensions × classes beyond which TensorFlow computes the objective: a path is faster there. A fit that is to be
 * finished is worth four times as much.
 */
const SMALL = { path: 2 ** 17, finish: 2 ** 19 };

/**
 * Float32: until the next step promises less than a ten-millionth of the value. Of 10,000 rows of 512 features the objective
 * is then within 4e-7 of the optimum at all 45 strengths. Of 5,000 rows of Fashion-MNIST's 784 pixels, whose classes
 * differ a hundredfold in curvature, it is 1e-6, 6e-6 and 1e-5 above it at l2 100, 10 and 1.
 */
const FAST = {
  maxIterations: 300,
  gradientTolerance: 0,
  gainTolerance: 1e-7,
  relativeTolerance: 1e-8,
  noise: 1e-6,
  history: 12,
};

/** A solution of a path: parameters of the objective. */
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
 * L2-regularised logistic regression by L-BFGS, as the paper's linear evaluation and transfer have it (section B.8):
 * multinomial, or one-vs-rest where rows have several classes. The penalty multiplies a *sum* of losses: scikit-learn's
 * C = 1 / l2.
 *
 * @param l2s strengths to fit, each started from the one before it; from strong to weak is fastest
 * @param from where the first starts; zeros by default
 * @param finish takes the last to the optimum where L-BFGS crawls (hardly any penalty, rows that a plane almost separates),
 * if the problem is small
 */
export const fitPath = (...path: Parameters<typeof pathSteps>): LinearClassifier[] => atOnce(pathSteps(...path));

/** `fitPath`, iteration by iteration. */
export function* pathSteps(
  problem: LabelledFeatures,
  l2s: readonly number[],
  from?: LinearClassifier,
  finish = false,
): Steps<LinearClassifier[]> {
  const { dim, classes } = problem;
  const solver: Solver =
    rowsOf(problem) * dim * classes <= SMALL[finish ? 'finish' : 'path']
      ? exactSolver(problem)
      : tensorSolver(problem, FAST);
  try {
    const first = new Float64Array((dim + 1) * classes);
    if (from) first.set([...from.weights, ...from.bias]);
    const solved: Solved[] = [];
    const path: LinearClassifier[] = [];
    for (const [i, l2] of l2s.entries()) {
      const start = solved.length > 0 ? foresee(solved, l2) : first;
      const { x, value, iterations } = yield* solver.minimise(l2, start, finish && i === l2s.length - 1);
      solved.push({ l2, x });
      if (solved.length > 3) solved.shift();
      const weights = x.slice(0, dim * classes);
      path.push({ weights, bias: x.slice(dim * classes), dim, classes, l2, objective: value, iterations });
    }
    return path;
  } finally {
    solver.dispose();
  }
}

/** Share of the rows that a first fit may be penalised by: weaker ones from zero are a long way, in steps a short one. */
const WEAK = 1e-5;

/** One fit. */
export const logisticRegression = (problem: LabelledFeatures, l2: number): LinearClassifier =>
  atOnce(regressionSteps(problem, l2));

/** `logisticRegression`, iteration by iteration. */
export function* regressionSteps(problem: LabelledFeatures, l2: number): Steps<LinearClassifier> {
  const steps = [l2];
  while (steps[0]! < WEAK * rowsOf(problem)) steps.unshift(10 * steps[0]!);
  return (yield* pathSteps(problem, steps, undefined, true)).at(-1)!;
}

/** Rows that are predicted at a time. */
const CHUNK = 4096;

/**
 * Logits of rows, [n, classes].
 * @param features [n, d]
 */
export function logitsOf(
  { weights, bias, dim, classes }: LinearModel,
  features: Float32Array | Float64Array,
): Float32Array {
  const n = features.length / dim;
  const logits = new Float32Array(n * classes);
  tf.tidy(() => {
    const w = tf.tensor2d(Float32Array.from(weights), [dim, classes]);
    const b = tf.tensor1d(Float32Array.from(bias));
    for (let from = 0; from < n; from += CHUNK) {
      const to = Math.min(n, from + CHUNK);
      const part = features.subarray(from * dim, to * dim);
      tf.tidy(() => {
        const x = tf.tensor2d(part instanceof Float32Array ? part : Float32Array.from(part), [to - from, dim]);
        const found: TensorFlow.Tensor = tf.add(tf.matMul(x, w), b);
        logits.set(found.dataSync(), from * classes);
      });
    }
  });
  return logits;
}

/**
 * Class of the largest logit, a row; the first of equal ones.
 * @param features [n, d]
 */
export const predict = (classifier: LinearModel, features: Float32Array | Float64Array): Int32Array =>
  largestOf(logitsOf(classifier, features), classifier.classes);
