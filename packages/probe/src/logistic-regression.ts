import { lbfgs } from './lbfgs.ts';
import { type LabelledFeatures, softmaxObjective, tensorProblem } from './softmax-objective.ts';

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
const SMALL = 200_000;

const SOLVER = {
  /** Float64: to the optimum. */
  exact: { maxIterations: 2000, gradientTolerance: 1e-7, relativeTolerance: 1e-13 },
  /** Float32, preconditioned: until an iteration gains a hundred-thousandth. Fashion-MNIST accuracies from pixels move by 0.0006 between 3e-5 and 2e-6. */
  fast: { maxIterations: 150, gradientTolerance: 1e-3, relativeTolerance: 1e-5 },
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
  const { dim, classes, features } = problem;
  const tensors = features.length <= SMALL ? undefined : tensorProblem(problem);
  try {
    let start = new Float64Array((dim + 1) * classes);
    if (from) start.set([...from.weights, ...from.bias]);
    return l2s.map((l2) => {
      const objective = tensors ? tensors.objective(l2) : softmaxObjective(problem, l2);
      const options = tensors ? { ...SOLVER.fast, precondition: tensors.precondition(l2, start) } : SOLVER.exact;
      const { x, value, iterations } = lbfgs(objective, start, options);
      start = Float64Array.from(x);
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

/** Class of the largest logit, a row. @param features [n, d] */
export function predict({ weights, bias, dim, classes }: LinearClassifier, features: Float32Array): Int32Array {
  const n = features.length / dim;
  const result = new Int32Array(n);
  const logits = new Float64Array(classes);
  for (let i = 0; i < n; i++) {
    logits.set(bias);
    for (let j = 0; j < dim; j++) {
      const v = features[i * dim + j]!;
      for (let c = 0; c < classes; c++) logits[c]! += v * weights[j * classes + c]!;
    }
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[c]! > logits[best]!) best = c;
    result[i] = best;
  }
  return result;
}
