/**
 * Blackens a square (DeVries & Taylor 2017, "Improved regularization of convolutional neural networks with cutout"): its
 * centre is a pixel of the image, what lies outside is cut off.
 *
 * @param length side of the square, px; an odd one counts as one less, as in the authors' code
 */
export function cutout(
  image: Float32Array,
  from: number,
  [height, width, channels]: readonly [number, number, number],
  y: number,
  x: number,
  length: number,
): void {
  const half = Math.floor(length / 2);
  const left = Math.max(0, x - half) * channels;
  const right = Math.min(width, x + half) * channels;
  for (let row = Math.max(0, y - half); row < Math.min(height, y + half); row++) {
    const line = from + row * width * channels;
    image.fill(0, line + left, line + right);
  }
}
