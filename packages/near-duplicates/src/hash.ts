import { SIDE } from './shrink.ts';

/**
 * A perceptual hash (pHash: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010): the signs of
 * the lowest 8 × 8 frequencies of the grey picture but for its mean, 63 bits. It is taken of the whole picture and of windows
 * of it, since a crop of 5 % turns a third of the bits: the crop's own hash is near that of one of the windows.
 */
const FREQUENCIES = 8;
const INSET = 0.055;
/** Where a window begins, as a share of what it leaves out; NaN: it leaves nothing out. */
const WINDOWS = [
  [Number.NaN, Number.NaN],
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
  [0.5, 0.5],
] as const;

/** Hashes of an image: of the whole of it first, then of its windows. */
export const HASHES: number = WINDOWS.length;
/** 32-bit words of a hash. */
export const WORDS = 2;

/** [FREQUENCIES, SIDE]: cosines of the picture resampled linearly to a window. */
function basis(start: number): Float64Array {
  const inset = Number.isNaN(start) ? 0 : INSET;
  const matrix = new Float64Array(FREQUENCIES * SIDE);
  for (let x = 0; x < SIDE; x++) {
    const place = inset * SIDE * (start || 0) + (x + 0.5) * (1 - inset) - 0.5;
    const at = Math.min(SIDE - 1, Math.max(0, place));
    const low = Math.min(SIDE - 2, Math.floor(at));
    for (let u = 0; u < FREQUENCIES; u++) {
      const cosine = Math.cos((Math.PI * (2 * x + 1) * u) / (2 * SIDE));
      matrix[u * SIDE + low]! += (low + 1 - at) * cosine;
      matrix[u * SIDE + low + 1]! += (at - low) * cosine;
    }
  }
  return matrix;
}

const bases = new Map([Number.NaN, 0, 0.5, 1].map((start) => [start, basis(start)]));

/**
 * @param grey [SIDE, SIDE]
 * @param to is filled, [HASHES × WORDS]
 */
export function hashes(grey: Float64Array, to: Int32Array): void {
  const half = new Map<number, Float64Array>();
  WINDOWS.forEach(([y, x], w) => {
    const rows = half.get(y) ?? product(bases.get(y)!, grey);
    half.set(y, rows);
    const columns = bases.get(x)!;
    for (let u = 0, bit = 0; u < FREQUENCIES; u++)
      for (let v = 0; v < FREQUENCIES; v++, bit++) {
        if (bit === 0) continue;
        let sum = 0;
        for (let i = 0; i < SIDE; i++) sum += rows[u * SIDE + i]! * columns[v * SIDE + i]!;
        if (sum > 0) to[w * WORDS + (bit >> 5)]! |= 1 << (bit & 31);
      }
  });
}

/** [FREQUENCIES, SIDE] × [SIDE, SIDE] */
function product(left: Float64Array, right: Float64Array): Float64Array {
  const result = new Float64Array(FREQUENCIES * SIDE);
  for (let u = 0; u < FREQUENCIES; u++)
    for (let k = 0; k < SIDE; k++) {
      const factor = left[u * SIDE + k]!;
      for (let i = 0; i < SIDE; i++) result[u * SIDE + i]! += factor * right[k * SIDE + i]!;
    }
  return result;
}

/** Bits of odd horizontal frequency, of either word: those that a mirrored picture has the other way. */
export const MIRROR = 0xaaaaaaaa | 0;
