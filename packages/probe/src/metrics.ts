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
