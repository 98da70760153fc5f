const mirrored = (i: number, n: number): number => (n === 1 ? 0 : i < 0 ? 1 : i === n ? n - 2 : i);

/**
 * Length of the gradient of each channel, by tf.image.sobel_edges' kernels with mirrored borders: √(dy² + dx²), up to
 * 4√2, not clipped.
 *
 * @param scratch at least as long as the image
 */
export function sobel(
  image: Float32Array,
  from: number,
  [height, width, channels]: readonly [number, number, number],
  scratch: Float32Array,
): void {
  const rowSize = width * channels;
  scratch.set(image.subarray(from, from + height * rowSize));
  let to = from;
  for (let y = 0; y < height; y++) {
    const above = mirrored(y - 1, height) * rowSize;
    const here = y * rowSize;
    const below = mirrored(y + 1, height) * rowSize;
    for (let x = 0; x < width; x++) {
      const left = mirrored(x - 1, width) * channels;
      const right = mirrored(x + 1, width) * channels;
      for (let c = 0; c < channels; c++) {
        const [l, m, r] = [left + c, x * channels + c, right + c];
        const [a0, a2] = [scratch[above + l]!, scratch[above + r]!];
        const [b0, b2] = [scratch[below + l]!, scratch[below + r]!];
        const dy = b0 + 2 * scratch[below + m]! + b2 - a0 - 2 * scratch[above + m]! - a2;
        const dx = a2 + 2 * scratch[here + r]! + b2 - a0 - 2 * scratch[here + l]! - b0;
        image[to++] = Math.sqrt(dy * dy + dx * dx);
      }
    }
  }
}
