import { type TensorFlow, tf } from './load.ts';

/**
 * GFLOP/s of the best of some float32 products of 1536×1536: what a train step is measured against. Ten take 0.2 s on
 * two cores with AVX-512, 0.6 s with AVX2. Machines drift: measure beside what is compared.
 */
export function measureGemmPeak(products = 10): number {
  const n = 1536;
  return tf.tidy(() => {
    const a = tf.fill([n, n], 0.5) as TensorFlow.Tensor2D;
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < products; i++) {
      const start = performance.now();
      tf.dispose(tf.matMul(a, a)); // An eager op has run when it returns.
      best = Math.min(best, performance.now() - start);
    }
    return (2 * n ** 3) / best / 1e6;
  });
}
