/**
 * Cholesky factor of a symmetric positive definite matrix: A = L Lᵀ.
 * @param a [d, d], row-major; not changed. @returns L, lower triangular
 */
export function cholesky(a: Float64Array, d: number): Float64Array {
  const l = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * d + k]! * l[j * d + k]!;
      if (i !== j) l[i * d + j] = sum / l[j * d + j]!;
      else if (sum > 0) l[i * d + i] = Math.sqrt(sum);
      else throw new Error(`not positive definite: pivot ${i} is ${sum}`);
    }
  }
  return l;
}

/** Inverse of a lower triangular matrix. @param l [d, d], row-major. @returns L⁻¹, lower triangular */
export function invertLower(l: Float64Array, d: number): Float64Array {
  const inverse = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    const pivot = l[i * d + i]!;
    for (let k = 0; k < i; k++) {
      const factor = l[i * d + k]! / pivot;
      for (let j = 0; j <= k; j++) inverse[i * d + j]! -= factor * inverse[k * d + j]!;
    }
    inverse[i * d + i] = 1 / pivot;
  }
  return inverse;
}
