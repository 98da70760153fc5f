/** A number over repetitions: seeds, or draws of a few labels. */
export interface Repeated {
  mean: number;
  /** Standard error of the mean: deviation of the repetitions (n − 1) / √n; absent of a single one, which has none. */
  standardError?: number;
  count: number;
}

/**
 * Mean ± standard error.
 * @param values at least one
 */
export function repeated(values: readonly number[]): Repeated {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, count };
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(square / (count - 1) / count), count };
}

/** Below it a difference is significant in the paper's Table 8. */
const SIGNIFICANT = 0.05;

/**
 * Cells that Table 8 sets in bold: of every dataset the best encoder, and all that are not significantly worse than it at
 * p < 0.05 (section B.8).
 *
 * @param table metric by encoder, then dataset; undefined or NaN where there is no number
 * @param p of the difference of two encoders on a dataset; asked for the best and each other one
 * @returns by encoder, then dataset; false where there is no number
 */
export function boldCells(
  table: readonly (readonly (number | undefined)[])[],
  p: (best: number, other: number, dataset: number) => number,
): boolean[][] {
  const bold = table.map((row) => row.map(() => false));
  const datasets = Math.max(0, ...table.map((row) => row.length));
  for (let dataset = 0; dataset < datasets; dataset++) {
    let best: number | undefined;
    for (const [encoder, row] of table.entries()) {
      const value = row[dataset] ?? Number.NaN;
      if (!Number.isNaN(value) && (best === undefined || value > table[best]![dataset]!)) best = encoder;
    }
    if (best === undefined) continue;
    for (const [encoder, row] of table.entries())
      if (!Number.isNaN(row[dataset] ?? Number.NaN))
        bold[encoder]![dataset] = encoder === best || p(best, encoder, dataset) >= SIGNIFICANT;
  }
  return bold;
}
