import { largestOf } from './metrics.ts';
import { type Neighbours, nearestNeighbours } from './neighbours.ts';

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
