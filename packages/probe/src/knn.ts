import { type TensorFlow, tf } from '@simclr/tensorflow';
import { largestOf } from './metrics.ts';
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

/**
 * Weighted kNN (Wu et al. 2018): each neighbour votes for its class with exp(similarity / temperature).
 *
 * @param bankLabels [n]; of images of several classes [n, classes], where a neighbour votes for all that are 1
 * @param ks how many neighbours vote, ascending, at most as many as there are: a sweep takes one pass over them
 * @returns by k, share of the votes of each class, [queries, classes]
 */
export function knnScores(
  { rows, similarities, k, bankRows }: Neighbours,
  bankLabels: Int32Array,
  classes: number,
  temperature: number,
  ks: readonly number[] = [k],
): Float64Array[] {
  const count = rows.length / k;
  const scores = ks.map(() => new Float64Array(count * classes));
  const votes = new Float64Array(classes);
  const several = bankLabels.length > bankRows;
  const voteOf = (row: number, vote: number) => {
    if (!several) votes[bankLabels[row]!]! += vote;
    else for (let c = 0; c < classes; c++) if (bankLabels[row * classes + c] === 1) votes[c]! += vote;
  };
  for (let i = 0; i < count; i++) {
    votes.fill(0);
    let sum = 0;
    let counted = 0;
    // Relative to the nearest, so that a small temperature does not overflow.
    const top = similarities[i * k]!;
    ks.forEach((last, at) => {
      for (; counted < last; counted++) {
        const j = i * k + counted;
        const vote = Math.exp((similarities[j]! - top) / temperature);
        voteOf(rows[j]!, vote);
        sum += vote;
      }
      scores[at]!.set(
        votes.map((share) => share / sum),
        i * classes,
      );
    });
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
  const [scores] = knnScores(nearestNeighbours(bank, queries, dim, k), bankLabels, classes, temperature);
  return largestOf(scores!, classes);
}
