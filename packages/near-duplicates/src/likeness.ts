import { SIDE } from './shrink.ts';

/** Side of the pictures that are compared value by value, px. */
const KEPT = 16;
/** Values of one. */
export const KEPT_VALUES: number = KEPT * KEPT * 3;

/** Pictures less alike than this as they lie, or laid on the corners of each other, are no crops. */
const HOPELESS = 0.5;
const HOPELESS_AT_CORNERS = 0.88;

/** [SIDE, SIDE, 3] → [KEPT, KEPT, 3], bytes. */
export function keep(small: Float64Array, to: Uint8Array): void {
  const line = SIDE * 3;
  for (let y = 0; y < KEPT; y++)
    for (let x = 0; x < KEPT; x++)
      for (let c = 0; c < 3; c++) {
        const at = 2 * y * line + 6 * x + c;
        to[(y * KEPT + x) * 3 + c] =
          (small[at]! + small[at + 3]! + small[at + line]! + small[at + line + 3]!) / 4 + 0.5;
      }
}

/** Where the places of a picture are in a window of another: the value above left of each, and the weights of four. */
interface Laid {
  from: Int32Array;
  weights: Float64Array;
}

/**
 * @param inset share that the window leaves out
 * @param top of that share, 0..1
 * @param left of that share, 0..1
 */
function laid(inset: number, top: number, left: number): Laid {
  const along = (start: number, i: number) => {
    const at = Math.min(KEPT - 1, Math.max(0, inset * KEPT * start + (i + 0.5) * (1 - inset) - 0.5));
    const low = Math.min(KEPT - 2, Math.floor(at));
    return [low, at - low] as const;
  };
  const from = new Int32Array(KEPT * KEPT);
  const weights = new Float64Array(4 * KEPT * KEPT);
  for (let i = 0; i < KEPT * KEPT; i++) {
    const [y, down] = along(top, Math.floor(i / KEPT));
    const [x, right] = along(left, i % KEPT);
    from[i] = (y * KEPT + x) * 3;
    weights.set([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right], 4 * i);
  }
  return { from, weights };
}

const CORNERS = [0, 1].flatMap((y) => [0, 1].map((x) => laid(0.045, y, x)));
const WINDOWS = [0.03, 0.06].flatMap((inset) => [0, 0.5, 1].flatMap((y) => [0, 0.5, 1].map((x) => laid(inset, y, x))));

function cut(picture: Uint8Array, { from, weights }: Laid, to: Float64Array): void {
  const below = 3 * KEPT;
  for (let i = 0, at = 0; i < KEPT * KEPT; i++) {
    const [a, b, c, d] = [weights[4 * i]!, weights[4 * i + 1]!, weights[4 * i + 2]!, weights[4 * i + 3]!];
    for (let here = from[i]!, end = here + 3; here < end; here++, at++)
      to[at] =
        a * picture[here]! + b * picture[here + 3]! + c * picture[here + below]! + d * picture[here + below + 3]!;
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

const part = new Float64Array(KEPT_VALUES);

/** How alike a picture and one that may be a crop of it are, laid on the corners or more closely. */
function cropLikeness(whole: Uint8Array, crop: Uint8Array, windows: readonly Laid[], enough: number): number {
  let best = 0;
  for (const window of windows) {
    if (best >= enough) break;
    cut(whole, window, part);
    best = Math.max(best, correlation(part, crop));
  }
  return best;
}

/**
 * How alike two pictures are: the correlation of their values, laid on each other so that it is largest, as either may be a
 * crop of the other. Brightness and contrast do not count.
 *
 * @param enough beyond it nothing better is sought
 * @returns -1..1
 */
export function likeness(a: Uint8Array, b: Uint8Array, enough: number): number {
  const plain = correlation(a, b);
  if (plain < HOPELESS || plain >= enough) return plain;
  const ofA = cropLikeness(a, b, CORNERS, enough);
  const ofB = cropLikeness(b, a, CORNERS, enough);
  const best = Math.max(plain, ofA, ofB);
  if (best < HOPELESS_AT_CORNERS || best >= enough) return best;
  return Math.max(best, ofA > ofB ? cropLikeness(a, b, WINDOWS, enough) : cropLikeness(b, a, WINDOWS, enough));
}

/** How alike a picture and the mirror image of another are, as they lie. @returns -1..1 */
export function mirroredLikeness(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < KEPT_VALUES; i += 3) {
    const from = i + 3 * (KEPT - 1 - 2 * ((i / 3) % KEPT));
    for (let c = 0; c < 3; c++) part[i + c] = a[from + c]!;
  }
  return correlation(part, b);
}
