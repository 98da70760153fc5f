import { type TensorFlow, tf } from '@simclr/tensorflow';
import { atOnce, type Steps } from './steps.ts';

/** Queries compared with the bank at a time. */
const CHUNK = 500;

/** 1 / |row|, [n]. A loop: by TensorFlow it takes a second copy of the features, squared. */
function inverseNorms(features: Float32Array, dim: number): Float32Array {
  return Float32Array.from({ length: features.length / dim }, (_, row) => {
    let square = 0;
    for (let at = row * dim; at < (row + 1) * dim; at++) square += features[at]! ** 2;
    return 1 / Math.sqrt(Math.max(square, 1e-12));
  });
}

export interface Neighbours {
  /** Rows of the bank, the most alike first, [queries, k]. */
  rows: Int32Array;
  /** Their cosine similarities, [queries, k]. */
  similarities: Float32Array;
  k: number;
  /** Rows of the bank. */
  bankRows: number;
}

/**
 * The k rows of the bank whose direction is nearest to that of each query.
 * @param bank, queries [n, dim]
 */
export const nearestNeighbours = (...search: Parameters<typeof neighbourSteps>): Neighbours =>
  atOnce(neighbourSteps(...search));

/** `nearestNeighbours`, some queries at a time. */
export function* neighbourSteps(bank: Float32Array, queries: Float32Array, dim: number, k: number): Steps<Neighbours> {
  const count = queries.length / dim;
  const rows = new Int32Array(count * k);
  const similarities = new Float32Array(count * k);
  const bankNorms = inverseNorms(bank, dim);
  const queryNorms = inverseNorms(queries, dim);
  const x = tf.tensor2d(bank, [bank.length / dim, dim]);
  const perColumn = tf.tensor1d(bankNorms);
  try {
    for (let from = 0; from < count; from += CHUNK) {
      const to = Math.min(count, from + CHUNK);
      tf.tidy(() => {
        const part = tf.tensor2d(queries.subarray(from * dim, to * dim), [to - from, dim]);
        const perRow = tf.tensor2d(queryNorms.subarray(from, to), [to - from, 1]);
        const cosines = tf.mul(tf.matMul(tf.mul(part, perRow) as TensorFlow.Tensor2D, x, false, true), perColumn);
        const { values, indices } = tf.topk(cosines, k);
        similarities.set(values.dataSync(), from * k);
        rows.set(indices.dataSync(), from * k);
      });
      yield;
    }
  } finally {
    tf.dispose([x, perColumn]);
  }
  return { rows, similarities, k, bankRows: bank.length / dim };
}
