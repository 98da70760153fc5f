import { permutation } from '@simclr/stage';

/**
 * A stratified split at an address: of every class the same share goes to the test part, the rest to training. Both
 * parts keep the order of the rows. A class never loses its last row to the test part.
 *
 * @param labels class of each row
 * @param testRows rows of the test part in all, fewer where classes would be left without one for training; classes are
 * given whole numbers by largest remainder
 */
export function stratifiedSplit(
  labels: ArrayLike<number>,
  testRows: number,
  seed: number,
): { train: number[]; test: number[] } {
  const byClass = Map.groupBy(
    Array.from(labels, (_, row) => row),
    (row) => labels[row]!,
  );
  const classes = [...byClass.keys()].sort((a, b) => a - b);
  const share = testRows / Math.max(1, labels.length);
  const exact = classes.map((label) => byClass.get(label)!.length * share);
  const room = classes.map((label) => byClass.get(label)!.length - 1);
  const taken = exact.map((n, i) => Math.min(Math.floor(n), room[i]!));
  const order = classes.map((_, i) => i).sort((a, b) => exact[b]! - taken[b]! - (exact[a]! - taken[a]!) || a - b);
  let missing = testRows - taken.reduce((sum, n) => sum + n, 0);
  while (missing > 0 && order.some((i) => taken[i]! < room[i]!)) {
    for (const i of order) {
      if (missing === 0 || taken[i] === room[i]) continue;
      taken[i]!++;
      missing--;
    }
  }

  const test = new Set<number>();
  classes.forEach((label, i) => {
    const rows = byClass.get(label)!;
    for (const at of permutation(rows.length, seed, label).subarray(0, taken[i])) test.add(rows[at]!);
  });
  const rows = Array.from(labels, (_, row) => row);
  return { train: rows.filter((row) => !test.has(row)), test: rows.filter((row) => test.has(row)) };
}

/**
 * Draws as many rows of each class, at an address; all of a class that has no more.
 * @returns the rows drawn
 */
export function takePerClass(labels: ArrayLike<number>, count: number, seed: number): Set<number> {
  const byClass = Map.groupBy(
    Array.from(labels, (_, row) => row),
    (row) => labels[row]!,
  );
  const taken = new Set<number>();
  for (const [label, rows] of byClass)
    for (const at of permutation(rows.length, seed, label).subarray(0, count)) taken.add(rows[at]!);
  return taken;
}
