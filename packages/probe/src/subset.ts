import { createHash } from 'node:crypto';
import { permutation, UserError } from '@simclr/stage';

/**
 * Streams of the draws of labels and of validation rows, apart from others of the seed: probes and networks that are trained
 * on the same share of a dataset see the same rows.
 */
export const SUBSET_STREAM = 0x737562;
export const VALIDATION_STREAM = 0x76616c;

/** Digest of a choice of rows. */
export const hashRows = (rows: Uint32Array): string => createHash('sha256').update(rows).digest('hex').slice(0, 16);

/** Rows of each class in the order of a draw at an address. */
function shuffledByClass(labels: ArrayLike<number>, seed: number, stream: number): Uint32Array[] {
  const byClass = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const rows = byClass.get(labels[row]!);
    if (rows) rows.push(row);
    else byClass.set(labels[row]!, [row]);
  }
  return [...byClass].map(([label, rows]) => permutation(rows.length, seed, stream, label).map((at) => rows[at]!));
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
  const parts = shuffledByClass(labels, seed, stream).map((rows) =>
    rows.subarray(0, Math.max(1, Math.round(rows.length * fraction))),
  );
  return Uint32Array.from(parts.flatMap((rows) => [...rows])).sort();
}

/**
 * As many rows of every class, at an address. Nested: with the same seed, the rows of fewer a class are among those of more.
 *
 * @param stream one a draw
 * @returns rows in ascending order
 * @throws UserError where a class has fewer
 */
export function fewShot(labels: ArrayLike<number>, perClass: number, seed: number, stream: number): Uint32Array {
  const taken = shuffledByClass(labels, seed, stream).flatMap((rows) => {
    if (rows.length < perClass)
      throw new UserError(
        `too few labels: class ${labels[rows[0]!]} has ${rows.length} rows, ${perClass} a class were asked for. lower it`,
      );
    return [...rows.subarray(0, perClass)];
  });
  return Uint32Array.from(taken).sort();
}

/**
 * Rows to hold out of training, stratified, several times over: of every class about the fraction, at least one and never
 * all; a class with a single row stays whole in training. A row is held out again only once all of its class have been.
 *
 * @param fraction in (0, 1)
 * @param folds how many times
 * @returns rows in ascending order for each fold, none where every class has one row
 */
export function holdOut(
  labels: ArrayLike<number>,
  fraction: number,
  folds: number,
  seed: number,
  stream: number,
): Uint32Array[] {
  const classes = shuffledByClass(labels, seed, stream);
  return Array.from({ length: folds }, (_, fold) => {
    const held = classes.flatMap((rows) => {
      const count = Math.min(rows.length - 1, Math.max(1, Math.round(rows.length * fraction)));
      return Array.from({ length: count }, (_, i) => rows[(fold * count + i) % rows.length]!);
    });
    return Uint32Array.from(held).sort();
  });
}

/** The rows 0..n−1 that are not in `rows`. */
export function complement(rows: Uint32Array, n: number): Uint32Array {
  const taken = new Set(rows);
  return Uint32Array.from({ length: n }, (_, row) => row).filter((row) => !taken.has(row));
}
