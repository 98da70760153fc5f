import { SIDE } from './shrink.ts';

/** Side of the pictures that are compared value by value, px. */
const KEPT = 16;
/** Values of one. */
export const KEPT_VALUES: number = KEPT * KEPT * 3;

/** Shares of a picture that a crop may have left out, and where it may begin. */
const INSETS = [0.03, 0.06];
const STARTS = [0, 0.5, 1];

/** Pictures less alike than this as they lie are no crops of each other, however they are laid. */
const HOPELESS = 0.5;

/** [SIDE, SIDE, 3] → [KEPT, KEPT, 3], bytes. */
export function keep(small: Float64Array, to: Uint8Array): void {
  const line = SIDE * 3;
  for (let y = 0; y < KEPT; y++)
    for (let x = 0; x < KEPT; x++)
      for (let c = 0; c < 3; c++) {
        const at = 2 * y * line + 6 * x + c;
        to[(y * KEPT + x) * 3 + c] = (small[at]! + small[at + 3]! + small[at + line]! + small[at + line + 3]!) / 4 + 0.5;
      }
}

/** Of each place along a side: where it is in a window, and the weight of the next. */
const axes = INSETS.flatMap((inset) =>
  STARTS.map((start) =>
    Array.from({ length: KEPT }, (_, i) => {
      const at = Math.min(KEPT - 1, Math.max(0, inset * KEPT * start + (i + 0.5) * (1 - inset) - 0.5));
      const low = Math.min(KEPT - 2, Math.floor(at));
      return { low, next: at - low };
    }),
  ),
);

const WINDOWS = axes.flatMap((y, i) =>
  axes.flatMap((x, k) => (Math.floor(i / STARTS.length) === Math.floor(k / STARTS.length) ? [{ y, x }] : [])),
);

function cut(picture: Uint8Array, { y, x }: (typeof WINDOWS)[0], to: Float64Array): void {
  for (let row = 0, at = 0; row < KEPT; row++) {
    const { low: top, next: down } = y[row]!;
    for (let column = 0; column < KEPT; column++) {
      const { low: left, next: right } = x[column]!;
      const from = (top * KEPT + left) * 3;
      for (let c = 0; c < 3; c++, at++) {
        const here = from + c;
        const below = here + 3 * KEPT;
        to[at] =
          (1 - down) * ((1 - right) * picture[here]! + right * picture[here + 3]!) +
          down * ((1 - right) * picture[below]! + right * picture[below + 3]!);
      }
    }
  }
}

/** Each channel around its own mean: else all pictures of a blue sky were alike. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [spreadA, spreadB, common] = [0, 0, 0];
  for (let c = 0; c < 3; c++) {
    let [sumA, sumB] = [0, 0];
    for (let i = c; i < KEPT_VALUES; i += 3) {
      const [x, y] = [a[i]!, b[i]!];
      sumA += x;
      sumB += y;
      spreadA += x * x;
      spreadB += y * y;
      common += x * y;
    }
    const n = KEPT_VALUES / 3;
    spreadA -= (sumA * sumA) / n;
    spreadB -= (sumB * sumB) / n;
    common -= (sumA * sumB) / n;
  }
  return spreadA > 0 && spreadB > 0 ? common / Math.sqrt(spreadA * spreadB) : 0;
}

const mirrored = new Uint8Array(KEPT_VALUES);
const part = new Float64Array(KEPT_VALUES);

/**
 * How alike two pictures are: the correlation of their values, laid on each other so that it is largest, as either may be a
 * crop of the other. Brightness and contrast do not count.
 *
 * @param enough beyond it nothing better is sought
 * @returns -1..1
 */
export function likeness(a: Uint8Array, b: Uint8Array, mirror: boolean, enough: number): number {
  const first = mirror ? mirrored : a;
  if (mirror)
    for (let i = 0; i < KEPT_VALUES; i += 3) {
      const x = (i / 3) % KEPT;
      const from = i + 3 * (KEPT - 1 - 2 * x);
      for (let c = 0; c < 3; c++) mirrored[i + c] = a[from + c]!;
    }
  let best = correlation(first, b);
  if (best < HOPELESS) return best;
  for (const [whole, other] of [
    [first, b],
    [b, first],
  ] as const)
    for (const window of WINDOWS) {
      if (best >= enough) return best;
      cut(whole, window, part);
      best = Math.max(best, correlation(part, other));
    }
  return best;
}
