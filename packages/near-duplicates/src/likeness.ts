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

/** Two pictures, laid on each other so that they are most alike: [KEPT, KEPT, 3] each. */
export interface Fit {
  /** Correlation of their values, -1..1. Brightness and contrast do not count. */
  likeness: number;
  one: ArrayLike<number>;
  other: ArrayLike<number>;
}

/** The best of a fit and those of a crop on windows of the whole. @param enough beyond it nothing better is sought */
function fitCrop(best: Fit, whole: Uint8Array, crop: Uint8Array, windows: readonly Laid[], enough: number): Fit {
  let [found, part] = [best, new Float64Array(KEPT_VALUES)];
  for (const window of windows) {
    if (found.likeness >= enough) break;
    cut(whole, window, part);
    const likeness = correlation(part, crop);
    if (likeness <= found.likeness) continue;
    found = { likeness, one: part, other: crop };
    part = new Float64Array(KEPT_VALUES);
  }
  return found;
}

/** The best fit of two pictures, of which either may be a crop of the other. @param enough beyond it nothing better is sought */
export function fit(a: Uint8Array, b: Uint8Array, enough: number): Fit {
  const plain = { likeness: correlation(a, b), one: a, other: b };
  if (plain.likeness < HOPELESS || plain.likeness >= enough) return plain;
  const ofA = fitCrop(plain, a, b, CORNERS, enough);
  const best = fitCrop(ofA, b, a, CORNERS, enough);
  if (best.likeness < HOPELESS_AT_CORNERS || best.likeness >= enough) return best;
  return best === ofA ? fitCrop(best, a, b, WINDOWS, enough) : fitCrop(best, b, a, WINDOWS, enough);
}

/** A picture and the mirror image of another, as they lie. */
export function mirroredFit(a: Uint8Array, b: Uint8Array): Fit {
  const one = new Uint8Array(KEPT_VALUES);
  for (let i = 0; i < KEPT_VALUES; i += 3) {
    const from = i + 3 * (KEPT - 1 - 2 * ((i / 3) % KEPT));
    for (let c = 0; c < 3; c++) one[i + c] = a[from + c]!;
  }
  return { likeness: correlation(one, b), one, other: b };
}

/** Places around one, each way, whose mean is taken from it. */
const AROUND = 2;
/** Standard deviation of details, of 255, below which they are noise. */
const NOISE = 2;

/** What is left of the grey picture without the mean around each place: [KEPT, KEPT]. */
function details(picture: ArrayLike<number>): Float64Array {
  const grey = Float64Array.from(
    { length: KEPT * KEPT },
    (_, i) => 0.299 * picture[3 * i]! + 0.587 * picture[3 * i + 1]! + 0.114 * picture[3 * i + 2]!,
  );
  return grey.map((value, i) => {
    const [y, x] = [Math.floor(i / KEPT), i % KEPT];
    const [top, bottom] = [Math.max(0, y - AROUND), Math.min(KEPT - 1, y + AROUND)];
    const [left, right] = [Math.max(0, x - AROUND), Math.min(KEPT - 1, x + AROUND)];
    let sum = 0;
    for (let v = top; v <= bottom; v++) for (let u = left; u <= right; u++) sum += grey[v * KEPT + u]!;
    return value - sum / ((bottom - top + 1) * (right - left + 1));
  });
}

/**
 * How alike two pictures are in detail: two ships on two seas are one in all but that.
 *
 * @returns their correlation, -1..1; 1 where one has none
 */
export function likenessInDetail({ one, other }: Fit): number {
  const [a, b] = [details(one), details(other)];
  let [squaresA, squaresB, common] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    squaresA += a[i]! * a[i]!;
    squaresB += b[i]! * b[i]!;
    common += a[i]! * b[i]!;
  }
  const none = Math.min(squaresA, squaresB) < NOISE ** 2 * a.length;
  return none ? 1 : common / Math.sqrt(squaresA * squaresB);
}
