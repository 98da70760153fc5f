/**
 * Cholesky factor of a symmetric positive definite matrix: A = L Lᵀ.
 * @param a [d, d], row-major; not changed. @returns L, the lower triangle
 */
export function cholesky(a: Float64Array, d: number): Float64Array {
  const l = Float64Array.from(a);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = l[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * d + k]! * l[j * d + k]!;
      if (i !== j) l[i * d + j] = sum / l[j * d + j]!;
      else if (sum > 0) l[i * d + i] = Math.sqrt(sum);
      else throw new Error(`not positive definite: pivot ${i} is ${sum}`);
    }
  }
  return l;
}

/** Solves L Lᵀ X = B in place for B [d, columns], row-major. */
export function choleskySolve(l: Float64Array, d: number, b: Float64Array, columns: number): void {
  for (let i = 0; i < d; i++) {
    for (let k = 0; k < i; k++) {
      const factor = l[i * d + k]!;
      for (let c = 0; c < columns; c++) b[i * columns + c]! -= factor * b[k * columns + c]!;
    }
    for (let c = 0; c < columns; c++) b[i * columns + c]! /= l[i * d + i]!;
  }
  for (let i = d - 1; i >= 0; i--) {
    for (let c = 0; c < columns; c++) b[i * columns + c]! /= l[i * d + i]!;
    for (let k = 0; k < i; k++) {
      const factor = l[i * d + k]!;
      for (let c = 0; c < columns; c++) b[k * columns + c]! -= factor * b[i * columns + c]!;
    }
  }
}
