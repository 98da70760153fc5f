import type { Objective } from './line-search.ts';
import { type LabelledFeatures, labelWidth, rowsOf, takeLabels } from './problem.ts';
import { oneVsRestLoss, type RowLoss, softmaxLoss } from './row-loss.ts';
import { scaledFeatures } from './rows.ts';

/** A problem in double precision. Parameters are W [d, classes], then b [classes]. */
export interface ExactProblem {
  /** [n, d], scaled. */
  features: Float32Array | Float64Array;
  rows: number;
  dim: number;
  classes: number;
  loss: RowLoss;
}

/** Rows, scaling and loss of a problem, for objectives. */
export function exactProblem(problem: LabelledFeatures): ExactProblem {
  const { part, dim, classes } = problem;
  const features = part ? scaledFeatures(problem.features, dim, part.rows, part.scaling) : problem.features;
  const labels = part ? takeLabels(problem.labels, part.rows, labelWidth(problem)) : problem.labels;
  const loss = problem.loss === 'one-vs-rest' ? oneVsRestLoss(labels, classes) : softmaxLoss(labels);
  return { features, rows: rowsOf(problem), dim, classes, loss };
}

/** Gives z = Wᵀ x + b of every row, which `use` may change; Σ x zᵀ and Σ z of what it left are added to `sums`. */
export function eachRow(
  { features, rows, dim, classes }: ExactProblem,
  parameters: Float64Array,
  use: (z: Float64Array, row: number) => void,
  sums: Float64Array,
): void {
  const bias = dim * classes;
  const z = new Float64Array(classes);
  for (let i = 0; i < rows; i++) {
    const x = i * dim;
    for (let c = 0; c < classes; c++) z[c] = parameters[bias + c]!;
    for (let j = 0; j < dim; j++) {
      const v = features[x + j]!;
      for (let c = 0; c < classes; c++) z[c]! += v * parameters[j * classes + c]!;
    }
    use(z, i);
    for (let j = 0; j < dim; j++) {
      const v = features[x + j]!;
      for (let c = 0; c < classes; c++) sums[j * classes + c]! += v * z[c]!;
    }
    for (let c = 0; c < classes; c++) sums[bias + c]! += z[c]!;
  }
}

/** Σᵢ loss(W xᵢ + b, yᵢ) + l2/2 ‖W‖², the bias free, in double precision: for small problems, and the reference of tensors. */
export function objectiveOf(problem: ExactProblem, l2: number): Objective {
  const count = problem.dim * problem.classes;
  return (parameters, gradient) => {
    gradient.fill(0);
    let value = 0;
    eachRow(problem, parameters, (z, row) => (value += problem.loss.slope(z, row)), gradient);
    let square = 0;
    for (let j = 0; j < count; j++) {
      square += parameters[j]! * parameters[j]!;
      gradient[j]! += l2 * parameters[j]!;
    }
    return value + (l2 / 2) * square;
  };
}
