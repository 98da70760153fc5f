/** Inverts what is at or above the threshold, in [0, 1] (PIL.ImageOps.solarize). */
export function solarize(image: Float32Array, from: number, to: number, threshold: number): void {
  for (let i = from; i < to; i++) if (image[i]! >= threshold) image[i] = 1 - image[i]!;
}

/** The 8-bit level of a value in [0, 1], as torchvision converts: 256 equal steps. */
const level = (value: number): number => (value <= 0 ? 0 : value >= 1 ? 255 : Math.floor(value * 255.999));

/**
 * Makes the histogram of each channel even, at 8 bits (PIL.ImageOps.equalize): values come out as multiples of 1/255.
 * A channel of one level stays as it is.
 */
export function equalize(image: Float32Array, from: number, to: number, channels: number): void {
  const histogram = new Uint32Array(256);
  for (let c = 0; c < channels; c++) {
    histogram.fill(0);
    for (let i = from + c; i < to; i += channels) histogram[level(image[i]!)]!++;
    const highest = histogram.findLastIndex((count) => count > 0);
    const step = Math.floor(((to - from) / channels - histogram[highest]!) / 255);
    if (step === 0) continue;
    let sum = step >> 1;
    const table = Float32Array.from(histogram, (count) => {
      const value = Math.min(255, Math.floor(sum / step)) / 255;
      sum += count;
      return value;
    });
    for (let i = from + c; i < to; i += channels) image[i] = table[level(image[i]!)]!;
  }
}
