/**
 * Class of the highest score, a row; the first of equal ones.
 * @param scores [n, classes]
 */
export function largestOf(scores: ArrayLike<number>, classes: number): Int32Array {
  return Int32Array.from({ length: scores.length / classes }, (_, i) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[i * classes + c]! > scores[i * classes + best]!) best = c;
    return best;
  });
}

/** Share of rows that are right. */
export function topOne(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) right++;
  return right / labels.length;
}

/**
 * Which rows of several classes are right: 1 where the class that is predicted is one of theirs, 0 where it is not, −1 where
 * it is there only in ways that are marked as difficult: the row is passed over, as average precision leaves it out.
 *
 * @param predicted [n]
 * @param labels [n, classes], 1 positive, −1 negative, 0 difficult
 * @returns [n]
 */
export const rightOfSeveral = (predicted: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Int8Array =>
  Int8Array.from(predicted, (c, row) => {
    const label = labels[row * classes + c];
    return label === 0 ? -1 : Number(label === 1);
  });

/** Share of the rows of several classes that are right, of those that are not passed over: see `rightOfSeveral`. */
export function topOneOfSeveral(predicted: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  const judged = rightOfSeveral(predicted, labels, classes).filter((right) => right >= 0);
  return judged.reduce((sum, right) => sum + right, 0) / Math.max(1, judged.length);
}

/**
 * Share of rows whose label is among the k classes of the highest scores; of equal scores, the first class is the higher, as
 * in `predict`. 1 where there are no more than k classes.
 * @param scores [n, classes]
 */
export function topK(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number, k: number): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    const own = labels[i]!;
    const score = scores[i * classes + own]!;
    let ahead = 0;
    for (let c = 0; c < classes; c++) {
      const other = scores[i * classes + c]!;
      // NaN is ahead of nothing and behind nothing: a row without numbers is wrong.
      if (c !== own && !(other < score) && (other !== score || c < own)) ahead++;
    }
    if (ahead < k) right++;
  }
  return right / labels.length;
}

/** Mean over classes of the share of their rows that are right; classes without a row are left out. */
export function meanPerClass(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  const counts = new Map<number, { rows: number; right: number }>();
  for (let i = 0; i < labels.length; i++) {
    const count = counts.get(labels[i]!) ?? { rows: 0, right: 0 };
    count.rows++;
    if (predicted[i] === labels[i]) count.right++;
    counts.set(labels[i]!, count);
  }
  let sum = 0;
  for (const { rows, right } of counts.values()) sum += right / rows;
  return sum / counts.size;
}

/** Rows of a label (down) that were predicted as a class (across), [classes, classes]. */
export function confusionMatrix(predicted: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Int32Array {
  const counts = new Int32Array(classes * classes);
  for (let i = 0; i < labels.length; i++) counts[labels[i]! * classes + predicted[i]!]!++;
  return counts;
}
