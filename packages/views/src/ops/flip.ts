/** Mirrors the columns in place. */
export function flip(image: Float32Array, from: number, to: number, width: number, channels: number): void {
  const row = width * channels;
  for (let y = from; y < to; y += row) {
    for (let left = y, right = y + row - channels; left < right; left += channels, right -= channels) {
      for (let c = 0; c < channels; c++) {
        const swap = image[left + c]!;
        image[left + c] = image[right + c]!;
        image[right + c] = swap;
      }
    }
  }
}
