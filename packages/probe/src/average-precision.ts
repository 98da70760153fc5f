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
    if (labels[i] !== 1) return;
    found++;
    const recall = recallsReached(found, positives);
    best[recall] = Math.max(best[recall]!, found / (rank + 1));
  });
  return meanOfBest(best);
}

/** The largest t of 0..10 with found / positives ≥ t / 10, in integers: 3/10 is not below 0.3. */
export const recallsReached = (found: number, positives: number): number => Math.floor((10 * found) / positives);

/**
 * The mean over the 11 recalls of the largest precision at that recall or a higher one.
 * @param best [11] from an offset on, the largest precision of the ranks whose recall reaches t / 10 and not the next; 0
 * where there is none
 */
export function meanOfBest(best: Float64Array, from = 0): number {
  let sum = 0;
  let most = 0;
  for (let t = 10; t >= 0; t--) {
    if (best[from + t]! > most) most = best[from + t]!;
    sum += most;
  }
  return sum / 11;
}

/**
 * 11-point average precision of every class, [classes], NaN for a class without a positive.
 * @param scores [n, classes]
 * @param labels [n, classes], 1 positive, −1 negative, 0 difficult
 */
export function averagePrecisions(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Float64Array {
  const n = labels.length / classes;
  const column = (of: ArrayLike<number>, c: number) => Float64Array.from({ length: n }, (_, i) => of[i * classes + c]!);
  return Float64Array.from({ length: classes }, (_, c) => elevenPointAp(column(scores, c), column(labels, c)));
}

/** 11-point mAP: the mean over the classes that have a positive; NaN where none has. Arguments as above. */
export function meanAveragePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  const known = averagePrecisions(scores, labels, classes).filter((ap) => !Number.isNaN(ap));
  return known.reduce((sum, ap) => sum + ap, 0) / known.length;
}
