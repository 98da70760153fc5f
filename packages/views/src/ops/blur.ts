/** Taps on each side of the centre for a kernel of that side; 0: the reference's tenth of the views' height, floored. */
export const blurRadius = (kernel: number, height: number): number =>
  Math.floor((kernel || Math.floor(height / 10)) / 2);

/**
 * Fills in the taps of a Gaussian, its centre in the middle; they sum to 1.
 * @param sigma standard deviation, taps
 */
export function gaussianTaps(taps: Float64Array, sigma: number): void {
  const radius = (taps.length - 1) / 2;
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += taps[i + radius] = Math.exp(-(i * i) / (2 * sigma * sigma));
  for (let i = 0; i < taps.length; i++) taps[i]! /= sum;
}

/**
 * Gaussian blur in place (tf2/data_util.py gaussian_blur): horizontal, then vertical, 2·radius + 1 normalised taps,
 * zeros outside, so that borders darken. Buffers are reused from call to call.
 */
export function makeBlur(
  [height, width, channels]: readonly [number, number, number],
  radius: number,
): (image: Float32Array, from: number, sigma: number) => void {
  const taps = new Float64Array(2 * radius + 1);
  const rowSize = width * channels;
  const border = radius * channels;
  /** A row between zeros. */
  const line = new Float64Array(rowSize + 2 * border);
  const sums = new Float64Array(rowSize);
  const rows = new Float32Array(height * rowSize);
  return (image, from, sigma) => {
    gaussianTaps(taps, sigma);
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < rowSize; i++) line[border + i] = image[from + y * rowSize + i]!;
      for (let i = 0; i < rowSize; i++) {
        let value = 0;
        for (let k = 0, at = i; k <= 2 * radius; k++, at += channels) value += taps[k]! * line[at]!;
        rows[y * rowSize + i] = value;
      }
    }
    for (let y = 0; y < height; y++) {
      sums.fill(0);
      for (let k = Math.max(-radius, -y); k <= radius && y + k < height; k++) {
        const tap = taps[k + radius]!;
        const row = (y + k) * rowSize;
        for (let i = 0; i < rowSize; i++) sums[i]! += tap * rows[row + i]!;
      }
      image.set(sums, from + y * rowSize);
    }
  };
}
