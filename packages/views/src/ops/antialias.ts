import { cubic, type Resizer, triangle } from './resize.ts';

/** Antialiased resizes: bicubic (Keys, a = −0.5) and bilinear. */
export type WideResize = 'antialias' | 'bilinear-antialias';

/** A kernel that widens: what it is at a distance, and from which on it is nothing. */
interface Kernel {
  reach: number;
  at(distance: number): number;
}

const KERNELS: Record<WideResize, Kernel> = {
  antialias: { reach: 2, at: (distance) => cubic(distance, -0.5) },
  'bilinear-antialias': { reach: 1, at: triangle },
};

export const isWide = (kind: string): kind is WideResize => Object.hasOwn(KERNELS, kind);

/** Taps of each output position along one axis: as many as each needs. */
export interface WideTaps {
  /** First input position, [n]. */
  first: Int32Array;
  /** Taps from there, [n]. */
  count: Int32Array;
  /** [n × width]. */
  weight: Float32Array;
  width: number;
}

export const makeWideTaps = (n: number): WideTaps => ({
  first: new Int32Array(n),
  count: new Int32Array(n),
  weight: new Float32Array(0),
  width: 0,
});

/**
 * Taps that bring input positions `start`..`start + size` to the outputs at half pixels: the kernel is widened when
 * shrinking; what it reaches beyond that window is dropped, the rest normalised.
 */
export function wideTaps(taps: WideTaps, start: number, size: number, reverse: boolean, kind: WideResize): void {
  const { reach, at: kernel } = KERNELS[kind];
  const n = taps.first.length;
  const scale = size / n;
  const stretch = Math.max(1, scale);
  const width = Math.ceil(2 * reach * stretch) + 2;
  taps.width = width;
  if (taps.weight.length < n * width) taps.weight = new Float32Array(n * width);
  const [low, high] = [Math.floor(start), Math.ceil(start + size) - 1];
  for (let i = 0; i < n; i++) {
    const center = start + (i + 0.5) * scale - 0.5;
    const first = Math.max(low, Math.ceil(center - reach * stretch));
    const last = Math.min(high, Math.floor(center + reach * stretch));
    const at = reverse ? n - 1 - i : i;
    let sum = 0;
    for (let k = first; k <= last; k++) sum += kernel((k - center) / stretch);
    for (let k = first; k <= last; k++) taps.weight[at * width + k - first] = kernel((k - center) / stretch) / sum;
    taps.first[at] = first;
    taps.count[at] = last - first + 1;
  }
}

/**
 * A resizer whose kernel widens with the reduction, as Pillow's resize and tf.image.resize(antialias=True) have it. No
 * table of coefficients: when enlarging, bicubic differs from the reference's resize by the table's rounding, up to 3e-4.
 * A box need not lie on whole pixels.
 */
export function makeAntialiasResizer(
  height: number,
  width: number,
  channels: number,
  scale: number,
  kind: WideResize = 'antialias',
): Resizer {
  const rowSize = width * channels;
  const [horizontal, vertical] = [makeWideTaps(width), makeWideTaps(height)];
  let rows = new Float32Array(0);
  return (source, offset, sourceWidth, box, flip, out, outOffset) => {
    wideTaps(horizontal, box.x, box.width, flip, kind);
    wideTaps(vertical, box.y, box.height, false, kind);
    const top = Math.floor(box.y);
    const lines = Math.ceil(box.y + box.height) - top;
    if (rows.length < lines * rowSize) rows = new Float32Array(lines * rowSize);
    for (let y = 0; y < lines; y++) {
      const line = offset + (top + y) * sourceWidth * channels;
      let to = y * rowSize;
      for (let x = 0; x < width; x++) {
        const taps = x * horizontal.width;
        const last = taps + horizontal.count[x]!;
        for (let c = 0; c < channels; c++) {
          let from = line + horizontal.first[x]! * channels + c;
          let value = 0;
          for (let k = taps; k < last; k++, from += channels) value += horizontal.weight[k]! * source[from]!;
          rows[to++] = scale * value;
        }
      }
    }
    for (let y = 0; y < height; y++) {
      const to = outOffset + y * rowSize;
      out.fill(0, to, to + rowSize);
      for (let k = 0; k < vertical.count[y]!; k++) {
        const weight = vertical.weight[y * vertical.width + k]!;
        const from = (vertical.first[y]! - top + k) * rowSize;
        for (let x = 0; x < rowSize; x++) out[to + x]! += weight * rows[from + x]!;
      }
    }
  };
}

/**
 * Antialiased resize of a whole float image.
 * @returns [height, width, c], not clipped
 */
export function resizeAntialias(
  image: Float32Array,
  [h, w, c]: readonly [number, number, number],
  [height, width]: readonly [number, number],
  kind: WideResize = 'antialias',
): Float32Array {
  const out = new Float32Array(height * width * c);
  const whole = { y: 0, x: 0, height: h, width: w };
  makeAntialiasResizer(height, width, c, 1, kind)(image, 0, w, whole, false, out, 0);
  return out;
}
