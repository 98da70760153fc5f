/** Share of rows that are right. */
export function topOne(predicted: ArrayLike<number>, labels: ArrayLike<number>): number {
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (predicted[i] === labels[i]) right++;
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

/**
 * Average precision over 11 recalls as VOC 2007 has it: the mean over t = 0, 0.1, …, 1 of the largest precision at any
 * rank whose recall is at least t, 0 if there is none. NaN without a positive.
 *
 * @param scores higher is more confident; ties keep their order
 * @param labels 1 positive, −1 negative, 0 difficult: left out before ranking, neither right nor wrong
 */
export function elevenPointAp(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const ranked = Array.from(labels, (_, i) => i)
    .filter((i) => labels[i] !== 0)
    .sort((a, b) => scores[b]! - scores[a]! || a - b);
  const positives = ranked.filter((i) => labels[i] === 1).length;
  if (positives === 0) return Number.NaN;
  const best = new Float64Array(11);
  let found = 0;
  ranked.forEach((i, rank) => {
    if (labels[i] === 1) found++;
    // Recall ≥ t in integers: 3/10 is not below 0.3.
    for (let t = 0; t <= 10 && 10 * found >= t * positives; t++) best[t] = Math.max(best[t]!, found / (rank + 1));
  });
  return best.reduce((sum, precision) => sum + precision, 0) / 11;
}
