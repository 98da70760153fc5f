/**
 * Turns a square image counter-clockwise by so many quarters (np.rot90).
 * @param scratch at least as long as the image
 */
export function rotate(
  image: Float32Array,
  from: number,
  side: number,
  channels: number,
  quarters: number,
  scratch: Float32Array,
): void {
  const last = side - 1;
  scratch.set(image.subarray(from, from + side * side * channels));
  let to = from;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [row, column] =
        quarters === 1
          ? [x, last - y]
          : quarters === 2
            ? [last - y, last - x]
            : quarters === 3
              ? [last - x, y]
              : [y, x];
      const source = (row * side + column) * channels;
      for (let c = 0; c < channels; c++) image[to++] = scratch[source + c]!;
    }
  }
}
