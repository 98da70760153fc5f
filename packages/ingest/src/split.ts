import { permutation } from '@simclr/stage';

/**
 * A stratified split at an address: of every class the same share goes to the test part, the rest to training. Both
 * parts keep the order of the rows.
 *
 * @param labels class of each row
 * @param testRows rows of the test part in all; classes are given whole numbers by largest remainder
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
  const taken = exact.map(Math.floor);
  const order = classes.map((_, i) => i).sort((a, b) => exact[b]! - taken[b]! - (exact[a]! - taken[a]!) || a - b);
  const missing = testRows - taken.reduce((sum, n) => sum + n, 0);
  for (const i of order.slice(0, missing)) taken[i]!++;

  const test = new Set<number>();
  classes.forEach((label, i) => {
    const rows = byClass.get(label)!;
    for (const at of permutation(rows.length, seed, label).subarray(0, taken[i])) test.add(rows[at]!);
  });
  const rows = Array.from(labels, (_, row) => row);
  return { train: rows.filter((row) => !test.has(row)), test: rows.filter((row) => test.has(row)) };
}
