import { type Box, lrint } from './crop-box.ts';

/** Four taps of each output position along one axis. */
export interface Taps {
  /** First input index of the four taps' span, clamped into the window; [n × 4]. */
  index: Int32Array;
  /** [n × 4]. */
  weight: Float32Array;
}

export const makeTaps = (n: number): Taps => ({ index: new Int32Array(4 * n), weight: new Float32Array(4 * n) });

/** Resizes without antialiasing: bicubic in the two ways of TensorFlow, and bilinear. */
export type PlainResize = 'half-pixel' | 'legacy' | 'bilinear';

/** TensorFlow takes the coefficients from a table of so many fractions of a pixel (resize_bicubic_op.cc): so do we. */
export const RESIZE_TABLE = 1024;

/** The cubic convolution kernel with parameter a. */
export function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  if (d < 2) return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return 0;
}

/** The kernel of linear interpolation. */
export const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** [RESIZE_TABLE + 1, 4]. */
const tableOf = (a: number): Float64Array =>
  Float64Array.from({ length: 4 * (RESIZE_TABLE + 1) }, (_, i) =>
    cubic(Math.floor(i / 4) / RESIZE_TABLE + 1 - (i % 4), a),
  );

const KEYS = tableOf(-0.5);
const LEGACY = tableOf(-0.75);

/**
 * Taps that bring `size` input positions from `start` to `n` output positions. `half-pixel` (tf2): centres at half pixels,
 * Keys a = −0.5, taps outside the window dropped and the rest normalised. `legacy` (tf1's resize_bicubic): source =
 * output · scale, a = −0.75, indices clamped. `bilinear` (tf2): half pixels too, and of the four taps two have no weight.
 * No antialiasing in any.
 *
 * @param reverse mirrors the output, for a flip at no cost
 */
export function plainTaps(
  taps: Taps,
  n: number,
  start: number,
  size: number,
  kind: PlainResize,
  reverse = false,
): void {
  const scale = size / n;
  const halfPixel = kind !== 'legacy';
  const table = halfPixel ? KEYS : LEGACY;
  for (let i = 0; i < n; i++) {
    const center = halfPixel ? (i + 0.5) * scale - 0.5 : i * scale;
    const first = Math.floor(center) - 1;
    const beyond = center - (first + 1);
    const fraction = 4 * lrint(beyond * RESIZE_TABLE);
    const at = 4 * (reverse ? n - 1 - i : i);
    let sum = 0;
    for (let k = 0; k < 4; k++) {
      const index = first + k;
      const inside = index >= 0 && index < size;
      const full = kind === 'bilinear' ? triangle(beyond + 1 - k) : table[fraction + k]!;
      const weight = inside || !halfPixel ? full : 0;
      taps.index[at + k] = start + (index < 0 ? 0 : index >= size ? size - 1 : index);
      taps.weight[at + k] = weight;
      sum += weight;
    }
    if (halfPixel) for (let k = 0; k < 4; k++) taps.weight[at + k]! /= sum;
  }
}

/**
 * Cuts out a box and resizes it, with buffers that it reuses from call to call.
 *
 * @param source uint8 or float image [h, w, c] at `offset`, rows `sourceWidth` wide
 * @param out float image [height, width, c] at `outOffset`; not clipped, bicubic overshoots
 */
export type Resizer = (
  source: Uint8Array | Float32Array,
  offset: number,
  sourceWidth: number,
  box: Box,
  flip: boolean,
  out: Float32Array,
  outOffset: number,
) => void;

/**
 * A resizer without antialiasing, horizontal first.
 * @param scale multiplies the values
 */
export function makeResizer(
  height: number,
  width: number,
  channels: number,
  scale: number,
  kind: PlainResize = 'half-pixel',
): Resizer {
  const horizontal = makeTaps(width);
  const vertical = makeTaps(height);
  const rowSize = width * channels;
  let rows = new Float32Array(0);
  return (source, offset, sourceWidth, box, flip, out, outOffset) => {
    plainTaps(horizontal, width, box.x, box.width, kind, flip);
    plainTaps(vertical, height, 0, box.height, kind);
    if (rows.length < box.height * rowSize) rows = new Float32Array(box.height * rowSize);
    const { index, weight } = horizontal;
    for (let y = 0; y < box.height; y++) {
      const line = offset + (box.y + y) * sourceWidth * channels;
      let to = y * rowSize;
      for (let x = 0; x < 4 * width; x += 4) {
        const w0 = weight[x]!;
        const w1 = weight[x + 1]!;
        const w2 = weight[x + 2]!;
        const w3 = weight[x + 3]!;
        const i0 = line + index[x]! * channels;
        const i1 = line + index[x + 1]! * channels;
        const i2 = line + index[x + 2]! * channels;
        const i3 = line + index[x + 3]! * channels;
        for (let c = 0; c < channels; c++) {
          rows[to++] =
            scale * (w0 * source[i0 + c]! + w1 * source[i1 + c]! + w2 * source[i2 + c]! + w3 * source[i3 + c]!);
        }
      }
    }
    let to = outOffset;
    for (let y = 0; y < 4 * height; y += 4) {
      const w0 = vertical.weight[y]!;
      const w1 = vertical.weight[y + 1]!;
      const w2 = vertical.weight[y + 2]!;
      const w3 = vertical.weight[y + 3]!;
      const r0 = vertical.index[y]! * rowSize;
      const r1 = vertical.index[y + 1]! * rowSize;
      const r2 = vertical.index[y + 2]! * rowSize;
      const r3 = vertical.index[y + 3]! * rowSize;
      for (let x = 0; x < rowSize; x++) {
        out[to++] = w0 * rows[r0 + x]! + w1 * rows[r1 + x]! + w2 * rows[r2 + x]! + w3 * rows[r3 + x]!;
      }
    }
  };
}

/**
 * Resize of a whole float image, without antialiasing.
 * @returns [height, width, c], not clipped
 */
export function resizePlain(
  image: Float32Array,
  [h, w, c]: readonly [number, number, number],
  [height, width]: readonly [number, number],
  kind: PlainResize = 'half-pixel',
): Float32Array {
  const out = new Float32Array(height * width * c);
  makeResizer(height, width, c, 1, kind)(image, 0, w, { y: 0, x: 0, height: h, width: w }, false, out, 0);
  return out;
}

/**
 * The reference's centre crop for evaluation (tf2/data_util.py center_crop): a share of the image as large as the aspect
 * of the output allows, sizes rounded half to even.
 */
export function centerCropBox(
  imageHeight: number,
  imageWidth: number,
  height: number,
  width: number,
  proportion = 0.875,
): Box {
  const aspect = width / height;
  const wide = aspect > imageWidth / imageHeight;
  const atLeastOne = (size: number) => Math.max(1, lrint(size));
  const cropHeight = atLeastOne(wide ? (proportion / aspect) * imageWidth : proportion * imageHeight);
  const cropWidth = atLeastOne(wide ? proportion * imageWidth : proportion * aspect * imageHeight);
  const offset = (size: number, crop: number) => (size - crop + 1) >> 1;
  return { y: offset(imageHeight, cropHeight), x: offset(imageWidth, cropWidth), height: cropHeight, width: cropWidth };
}
