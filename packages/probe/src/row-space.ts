import type { ExactProblem } from './objective.ts';

/** Share of a row's length below which what is left of it beside the others is rounding. */
const NOTHING = 1e-10;

/**
 * The same problem in coordinates of the space that its rows span, where that has fewer dimensions than the features: of 65
 * rows of 128 features, half. The penalty keeps a solution in it.
 */
export interface RowSpace {
  problem: ExactProblem;
  /** Parameters there of parameters here, without what is outside the space, and back. */
  inside(parameters: Float64Array): Float64Array;
  outside(parameters: Float64Array): Float64Array;
}

/** @returns undefined where there are as many rows as dimensions */
export function rowSpace(problem: ExactProblem): RowSpace | undefined {
  const { features, rows, dim, classes } = problem;
  if (rows >= dim) return undefined;
  const basis = orthonormalRows(features, rows, dim);
  const rank = basis.length;
  const coordinates = new Float64Array(rows * rank);
  for (let i = 0; i < rows; i++) {
    const row = features.subarray(i * dim, (i + 1) * dim);
    basis.forEach((direction, r) => {
      coordinates[i * rank + r] = dot(direction, row);
    });
  }
  return {
    problem: { ...problem, features: coordinates, dim: rank },
    inside(parameters) {
      const moved = new Float64Array((rank + 1) * classes);
      basis.forEach((direction, r) => {
        for (let j = 0; j < dim; j++)
          for (let c = 0; c < classes; c++) moved[r * classes + c]! += direction[j]! * parameters[j * classes + c]!;
      });
      moved.set(parameters.subarray(dim * classes), rank * classes);
      return moved;
    },
    outside(parameters) {
      const moved = new Float64Array((dim + 1) * classes);
      basis.forEach((direction, r) => {
        for (let j = 0; j < dim; j++)
          for (let c = 0; c < classes; c++) moved[j * classes + c]! += direction[j]! * parameters[r * classes + c]!;
      });
      moved.set(parameters.subarray(rank * classes), dim * classes);
      return moved;
    },
  };
}

const dot = (a: Float64Array, b: Float32Array | Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

/** Gram and Schmidt's, each row twice: once leaves rounding of the size that decides whether there is anything left. */
function orthonormalRows(features: Float32Array | Float64Array, rows: number, dim: number): Float64Array[] {
  const basis: Float64Array[] = [];
  for (let i = 0; i < rows; i++) {
    const left = Float64Array.from(features.subarray(i * dim, (i + 1) * dim));
    const length = Math.sqrt(dot(left, left));
    for (let time = 0; time < 2; time++)
      for (const direction of basis) {
        const along = dot(direction, left);
        for (let j = 0; j < dim; j++) left[j]! -= along * direction[j]!;
      }
    const rest = Math.sqrt(dot(left, left));
    if (rest > NOTHING * length) basis.push(left.map((v) => v / rest));
  }
  return basis;
}
