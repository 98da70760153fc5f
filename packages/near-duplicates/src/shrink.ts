/** Side of the pictures that are compared, px. */
export const SIDE = 32;

/** [n] → [SIDE]: of each new place, the old ones below it and their shares. */
function sharesOf(n: number): { first: Int32Array; shares: Float64Array[] } {
  const first = new Int32Array(SIDE);
  const shares = Array.from({ length: SIDE }, (_, i) => {
    // Smaller: means of what a place covers. Larger: between the two nearest, as bilinear filters do.
    const reach = Math.max(1, n / SIDE);
    const centre = ((i + 0.5) * n) / SIDE;
    const [from, to] =
      n > SIDE ? [centre - reach / 2, centre + reach / 2] : [Math.max(0, centre - 0.5), Math.min(n, centre + 0.5)];
    first[i] = Math.floor(from);
    const last = Math.min(n, Math.ceil(to - 1e-9));
    const covered = Array.from({ length: last - first[i]! }, (_, k) => {
      const at = first[i]! + k;
      return Math.max(0, Math.min(at + 1, to) - Math.max(at, from));
    });
    const sum = covered.reduce((a, b) => a + b, 0);
    return Float64Array.from(covered, (share) => share / sum);
  });
  return { first, shares };
}

const known = new Map<number, ReturnType<typeof sharesOf>>();

function sharesFor(n: number): ReturnType<typeof sharesOf> {
  const shares = known.get(n) ?? sharesOf(n);
  // Photographs have few different sides; what is kept of others stays small.
  if (known.size < 4096) known.set(n, shares);
  return shares;
}

/**
 * Brings an image to a small square, whatever its shape.
 *
 * @param pixels [h, w, c], 0..255; grey where c is 1, else its first three are RGB
 * @returns [SIDE, SIDE, 3], 0..255
 */
export function shrink(pixels: ArrayLike<number>, [h, w, c]: readonly [number, number, number]): Float64Array {
  if (h === SIDE && w === SIDE && c === 3) return new Float64Array(pixels);
  const [rows, columns] = [sharesFor(h), sharesFor(w)];
  const narrow = new Float64Array(h * SIDE * 3);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < SIDE; x++) {
      const shares = columns.shares[x]!;
      let r = 0;
      let g = 0;
      let b = 0;
      for (let k = 0, at = (y * w + columns.first[x]!) * c; k < shares.length; k++, at += c) {
        r += shares[k]! * pixels[at]!;
        if (c < 3) continue;
        g += shares[k]! * pixels[at + 1]!;
        b += shares[k]! * pixels[at + 2]!;
      }
      const to = (y * SIDE + x) * 3;
      narrow[to] = r;
      narrow[to + 1] = c < 3 ? r : g;
      narrow[to + 2] = c < 3 ? r : b;
    }
  const small = new Float64Array(SIDE * SIDE * 3);
  const line = SIDE * 3;
  for (let y = 0; y < SIDE; y++) {
    const shares = rows.shares[y]!;
    for (let k = 0; k < shares.length; k++) {
      const from = (rows.first[y]! + k) * line;
      for (let x = 0; x < line; x++) small[y * line + x]! += shares[k]! * narrow[from + x]!;
    }
  }
  return small;
}
