/** Taps on each side of the centre for a kernel of that side. The reference takes a tenth of the image's height, floored. */
export const blurRadius = (kernel: number): number => Math.floor(kernel / 2);

/**
 * Gaussian blur in place (tf2/data_util.py gaussian_blur): horizontal, then vertical, 2·radius + 1 normalised taps,
 * zeros outside, so that borders darken.
 *
 * @param scratch at least as long as the image
 */
export function gaussianBlur(
  image: Float32Array,
  from: number,
  [height, width, channels]: readonly [number, number, number],
  radius: number,
  sigma: number,
  scratch: Float32Array,
): void {
  const taps = new Float64Array(2 * radius + 1);
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += taps[i + radius] = Math.exp(-(i * i) / (2 * sigma * sigma));
  for (let i = 0; i < taps.length; i++) taps[i]! /= sum;

  const rowSize = width * channels;
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < rowSize; i++) {
      const x = Math.floor(i / channels);
      let value = 0;
      for (let k = Math.max(-radius, -x); k <= radius && x + k < width; k++) {
        value += taps[k + radius]! * image[from + y * rowSize + i + k * channels]!;
      }
      scratch[y * rowSize + i] = value;
    }
  }
  for (let y = 0; y < height; y++) {
    const first = Math.max(-radius, -y);
    for (let i = 0; i < rowSize; i++) {
      let value = 0;
      for (let k = first; k <= radius && y + k < height; k++)
        value += taps[k + radius]! * scratch[(y + k) * rowSize + i]!;
      image[from + y * rowSize + i] = value;
    }
  }
}
