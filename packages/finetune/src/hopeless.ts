/** Trials that must have come to a step before one is given up there. */
export const ENOUGH = 4;

/**
 * The median stopping rule (Golovin et al. 2017, Google Vizier): whether a trial is given up for a score below the median
 * of those that trials before it had at the same step.
 */
export function isHopeless(score: number, before: readonly number[]): boolean {
  if (before.length < ENOUGH) return false;
  const sorted = before.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return score < median;
}
