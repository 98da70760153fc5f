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
 * Share of rows of several classes whose class of the highest score is one of theirs. Difficult ones are passed over, as in
 * average precision: the highest score is that of another class.
 * @param scores [n, classes]
 * @param labels [n, classes], 1 positive, −1 negative, 0 difficult
 */
export function topOneOfSeveral(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  const rows = labels.length / classes;
  let right = 0;
  for (let i = 0; i < rows; i++) {
    let best = -1;
    for (let at = i * classes; at < (i + 1) * classes; at++)
      if (labels[at] !== 0 && (best < 0 || scores[at]! > scores[best]!)) best = at;
    if (labels[best] === 1) right++;
  }
  return right / rows;
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
