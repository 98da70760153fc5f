import { type TensorFlow, tf } from '@simclr/tensorflow';

/** Queries compared with the bank at a time. */
const CHUNK = 500;

function normalizeRows(features: Float32Array, dim: number): TensorFlow.Tensor2D {
  return tf.tidy(() => {
    const x = tf.tensor2d(features, [features.length / dim, dim]);
    return tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), 1, true), 1e-12))) as TensorFlow.Tensor2D;
  });
}

export interface Neighbours {
  /** Rows of the bank, the most alike first, [queries, k]. */
  rows: Int32Array;
  /** Their cosine similarities, [queries, k]. */
  similarities: Float32Array;
  k: number;
}

/** The k rows of the bank whose direction is nearest to that of each query. @param bank, queries [n, dim] */
export function nearestNeighbours(bank: Float32Array, queries: Float32Array, dim: number, k: number): Neighbours {
  const count = queries.length / dim;
  const rows = new Int32Array(count * k);
  const similarities = new Float32Array(count * k);
  const transposed = tf.tidy(() => tf.transpose(normalizeRows(bank, dim)));
  const query = normalizeRows(queries, dim);
  for (let from = 0; from < count; from += CHUNK) {
    const [values, indices] = tf.tidy(() => {
      const part = tf.slice(query, [from, 0], [Math.min(CHUNK, count - from), dim]);
      const top = tf.topk(tf.matMul(part, transposed), k);
      return [top.values.dataSync() as Float32Array, top.indices.dataSync() as Int32Array] as const;
    });
    similarities.set(values, from * k);
    rows.set(indices, from * k);
  }
  transposed.dispose();
  query.dispose();
  return { rows, similarities, k };
}

/**
 * Weighted kNN (Wu et al. 2018): each neighbour votes for its class with exp(similarity / temperature).
 * @returns share of the votes of each class, [queries, classes]
 */
export function knnScores(
  { rows, similarities, k }: Neighbours,
  bankLabels: Int32Array,
  classes: number,
  temperature: number,
): Float64Array {
  const count = rows.length / k;
  const scores = new Float64Array(count * classes);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    // Relative to the nearest, so that a small temperature does not overflow.
    const top = similarities[i * k]!;
    for (let j = i * k; j < (i + 1) * k; j++) {
      const vote = Math.exp((similarities[j]! - top) / temperature);
      scores[i * classes + bankLabels[rows[j]!]!]! += vote;
      sum += vote;
    }
    for (let c = 0; c < classes; c++) scores[i * classes + c]! /= sum;
  }
  return scores;
}

export interface KnnOptions {
  /** [n, dim]. */
  bank: Float32Array;
  bankLabels: Int32Array;
  /** [m, dim]. */
  queries: Float32Array;
  classes: number;
  k: number;
  temperature: number;
}

/** Class of each query by weighted kNN, [m]. */
export function knn({ bank, bankLabels, queries, classes, k, temperature }: KnnOptions): Int32Array {
  const dim = bank.length / bankLabels.length;
  const scores = knnScores(nearestNeighbours(bank, queries, dim, k), bankLabels, classes, temperature);
  return Int32Array.from({ length: scores.length / classes }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[i * classes + c]! > scores[i * classes + best]!) best = c;
    return best;
  });
}
