/**
 * The kernel of a straight motion: a horizontal line through the centre, turned by bilinear interpolation and normalised
 * (kornia's get_motion_kernel2d).
 * @param side odd
 * @param angle degrees, counter-clockwise
 * @returns [side, side]
 */
export function motionKernel(side: number, angle: number): Float64Array {
  const radius = (side - 1) / 2;
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  const kernel = new Float64Array(side * side);
  let sum = 0;
  for (let y = -radius; y <= radius; y++) {
    for (let x = -radius; x <= radius; x++) {
      const along = Math.abs(cos * x - sin * y);
      const across = Math.abs(sin * x + cos * y);
      // The line is one pixel wide and ends at the radius.
      const value = Math.max(0, 1 - across) * Math.max(0, Math.min(1, radius + 1 - along));
      kernel[(y + radius) * side + x + radius] = value;
      sum += value;
    }
  }
  return kernel.map((value) => value / sum);
}

/**
 * Motion blur in place, zeros outside, as the Gaussian's.
 * @param scratch at least as long as the image
 */
export function motionBlur(
  image: Float32Array,
  from: number,
  [height, width, channels]: readonly [number, number, number],
  kernel: Float64Array,
  scratch: Float32Array,
): void {
  const side = Math.sqrt(kernel.length);
  const radius = (side - 1) / 2;
  const rowSize = width * channels;
  const size = height * rowSize;
  scratch.set(image.subarray(from, from + size));
  image.fill(0, from, from + size);
  // Tap by tap: most are zero, and each is a shifted copy.
  kernel.forEach((weight, k) => {
    if (weight === 0) return;
    const dy = Math.floor(k / side) - radius;
    const dx = ((k % side) - radius) * channels;
    for (let y = Math.max(0, -dy); y < Math.min(height, height - dy); y++) {
      const to = from + y * rowSize;
      const source = (y + dy) * rowSize + dx;
      for (let i = Math.max(0, -dx); i < Math.min(rowSize, rowSize - dx); i++)
        image[to + i]! += weight * scratch[source + i]!;
    }
  });
}
