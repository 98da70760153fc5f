import { permutation } from '@simclr/stage';

/** Of every class as many rows as `count` says, drawn at an address, in ascending order. */
function drawByClass(
  labels: ArrayLike<number>,
  count: (rows: number) => number,
  seed: number,
  stream: number,
): Uint32Array {
  const byClass = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const rows = byClass.get(labels[row]!);
    if (rows) rows.push(row);
    else byClass.set(labels[row]!, [row]);
  }
  const chosen: number[] = [];
  for (const [label, rows] of byClass) {
    for (const at of permutation(rows.length, seed, stream, label).subarray(0, count(rows.length)))
      chosen.push(rows[at]!);
  }
  return Uint32Array.from(chosen).sort();
}

/**
 * Rows of a stratified part of a dataset, at an address: of every class the same share, at least one row. Nested: with
 * the same seed, the rows of a smaller fraction are among those of a larger one.
 *
 * @param fraction in (0, 1]
 * @returns rows in ascending order
 */
export function stratifiedSubset(
  labels: ArrayLike<number>,
  fraction: number,
  seed: number,
  stream: number,
): Uint32Array {
  return drawByClass(labels, (rows) => Math.min(rows, Math.max(1, Math.round(rows * fraction))), seed, stream);
}

/**
 * Rows to hold out of training, stratified: of every class about the fraction, at least one and never all; a class with
 * a single row stays whole in training.
 *
 * @param fraction in (0, 1)
 * @returns rows in ascending order, none where every class has one row
 */
export function holdOut(labels: ArrayLike<number>, fraction: number, seed: number, stream: number): Uint32Array {
  return drawByClass(labels, (rows) => Math.min(rows - 1, Math.max(1, Math.round(rows * fraction))), seed, stream);
}

/** The rows 0..n−1 that are not in `rows`. */
export function complement(rows: Uint32Array, n: number): Uint32Array {
  const taken = new Set(rows);
  return Uint32Array.from({ length: n }, (_, row) => row).filter((row) => !taken.has(row));
}
