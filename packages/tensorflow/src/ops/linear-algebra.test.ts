import { addressed, randomNormal } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { tf } from '../load.ts';
import { native } from '../trace/binding.ts';
import { cholesky, eigh, qr } from './linear-algebra.ts';

const largest = (values: ArrayLike<number>) => Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

describe('cholesky', () => {
  const a = Float32Array.of(4.5, 2, 1, 2, 5, 3, 1, 3, 6);

  it('solves from both sides, and leaves no tensor behind', () => {
    const before = native.getNumOfTensors();
    const factor = cholesky(a)!;
    const b = Float32Array.of(1, -2, 3, 0, 5, 4);
    const x = factor.solve(factor.solve(b), { transposed: true });
    const product = b.map((_, at) => {
      const [i, c] = [at >> 1, at % 2];
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += a[3 * i + k]! * x[2 * k + c]!;
      return sum;
    });
    expect(largest(product.map((v, i) => v - b[i]!))).toBeLessThan(1e-5);
    // L⁻¹ is lower triangular, its first row 1 / √4.5.
    expect([...factor.solve(Float32Array.of(0, 0, 1))].slice(0, 2)).toEqual([0, 0]);
    expect(factor.solve(Float32Array.of(1, 0, 0))[0]).toBeCloseTo(1 / Math.sqrt(4.5), 6);
    factor.dispose();
    expect(native.getNumOfTensors()).toBe(before);
  });

  it('is in double precision: float32 finds this matrix singular', () => {
    const a = Float32Array.of(1, 1 - 2 ** -24, 1 - 2 ** -24, 1);
    const factor = cholesky(a)!;
    const x = factor.solve(factor.solve(Float32Array.of(1, -1)), { transposed: true });
    expect(x[0]! * 2 ** -24).toBeCloseTo(1, 6);
    factor.dispose();
  });

  it.each([
    ['indefinite', Float32Array.of(1, 2, 2, 1)],
    ['not finite', Float32Array.of(1, 0, 0, Number.NaN)],
  ])('refuses a matrix that is %s', (_, values) => {
    const before = native.getNumOfTensors();
    expect(cholesky(values)).toBeUndefined();
    expect(native.getNumOfTensors()).toBe(before);
  });
});

describe('qr', () => {
  it('gives orthonormal columns and the matrix back, also where columns depend on each other', () => {
    const random = addressed(3);
    const values = Float32Array.from({ length: 40 * 6 }, () => randomNormal(random));
    for (let row = 0; row < 40; row++) values[row * 6 + 5] = values[row * 6]! - values[row * 6 + 1]!;
    tf.tidy(() => {
      const a = tf.tensor2d(values, [40, 6]);
      const { q, r } = qr(a);
      expect([q.shape, r.shape]).toEqual([
        [40, 6],
        [6, 6],
      ]);
      expect(largest(tf.sub(tf.matMul(q, q, true), tf.eye(6)).dataSync())).toBeLessThan(1e-5);
      expect(largest(tf.sub(tf.matMul(q, r), a).dataSync())).toBeLessThan(1e-5);
    });
  });
});

describe('eigh', () => {
  it('gives eigenvalues in ascending order, and vectors that make the matrix of them', () => {
    const random = addressed(4);
    const drawn = Float32Array.from({ length: 30 * 8 }, () => randomNormal(random));
    tf.tidy(() => {
      const a = tf.matMul(tf.tensor2d(drawn, [30, 8]), tf.tensor2d(drawn, [30, 8]), true);
      const { values, vectors } = eigh(a.dataSync() as Float32Array, 8);
      expect([...values]).toEqual([...values].sort((x, y) => x - y));
      const again = tf.matMul(tf.mul(vectors, tf.tensor1d(values)), vectors, false, true);
      expect(largest(tf.sub(again, a).dataSync())).toBeLessThan(1e-4);
      expect(largest(tf.sub(tf.matMul(vectors, vectors, true), tf.eye(8)).dataSync())).toBeLessThan(1e-5);
    });
  });
});
