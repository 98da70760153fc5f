/**
 * Colour operations in place on one float image [h, w, c], c 1 or 3, as tf2/data_util.py has them. None clips; the jitter
 * clips after each. `from` and `to` bound the image in its buffer.
 */

/** Weights of red, green and blue in tf.image.rgb_to_grayscale. */
export const LUMINANCE = [0.2989, 0.587, 0.114] as const;

/** Luminance of a colour, or of sums of colours. */
export const luminance = (red: number, green: number, blue: number): number =>
  LUMINANCE[0] * red + LUMINANCE[1] * green + LUMINANCE[2] * blue;

export function clip(image: Float32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const v = image[i]!;
    if (v < 0) image[i] = 0;
    else if (v > 1) image[i] = 1;
  }
}

/** v2: x · factor; v1: x + delta. */
export function brightness(image: Float32Array, from: number, to: number, factor: number, delta: number): void {
  for (let i = from; i < to; i++) image[i] = image[i]! * factor + delta;
}

/** (x − mean) · factor + mean, the mean taken over each channel (tf.image.adjust_contrast). */
export function contrast(image: Float32Array, from: number, to: number, channels: number, factor: number): void {
  const pixels = (to - from) / channels;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = from + c; i < to; i += channels) sum += image[i]!;
    const shift = (1 - factor) * (sum / pixels);
    for (let i = from + c; i < to; i += channels) image[i] = image[i]! * factor + shift;
  }
}

/** S · factor in HSV, S clipped to [0, 1]. V and H stay, so that each channel moves towards or away from the largest. */
export function saturation(image: Float32Array, from: number, to: number, factor: number): void {
  for (let i = from; i < to; i += 3) {
    const r = image[i]!;
    const g = image[i + 1]!;
    const b = image[i + 2]!;
    const value = r > g ? Math.max(r, b) : Math.max(g, b);
    const least = r < g ? Math.min(r, b) : Math.min(g, b);
    const chroma = value - least;
    if (chroma <= 0) continue;
    // S = chroma / value, 0 where value is not positive; S · factor is at most 1.
    const k = value <= 0 ? 0 : factor * chroma > value ? value / chroma : factor;
    image[i] = value - (value - r) * k;
    image[i + 1] = value - (value - g) * k;
    image[i + 2] = value - (value - b) * k;
  }
}

/**
 * H + delta turns in HSV.
 * @param delta in [−1, 1]
 */
export function hue(image: Float32Array, from: number, to: number, delta: number): void {
  for (let i = from; i < to; i += 3) {
    const r = image[i]!;
    const g = image[i + 1]!;
    const b = image[i + 2]!;
    const value = r > g ? Math.max(r, b) : Math.max(g, b);
    const least = r < g ? Math.min(r, b) : Math.min(g, b);
    const chroma = value - least;
    if (chroma <= 0) continue;
    const sextant = value === r ? (g - b) / chroma : value === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
    let h = sextant + 6 * delta;
    if (h < 0) h += 6;
    if (h < 0) h += 6;
    if (h >= 6) h -= 6;
    if (h >= 6) h -= 6;
    // Each channel is a trapezium over the hue circle.
    const red = Math.abs(h - 3) - 1;
    const green = 2 - Math.abs(h - 2);
    const blue = 2 - Math.abs(h - 4);
    image[i] = least + chroma * (red < 0 ? 0 : Math.min(red, 1));
    image[i + 1] = least + chroma * (green < 0 ? 0 : Math.min(green, 1));
    image[i + 2] = least + chroma * (blue < 0 ? 0 : Math.min(blue, 1));
  }
}

/** torchvision's adjust_contrast: as `contrast`, about the mean of the gray image, one for all channels. */
export function grayContrast(image: Float32Array, from: number, to: number, channels: number, factor: number): void {
  const sums = [0, 0, 0];
  for (let i = from; i < to; i += channels) for (let c = 0; c < channels; c++) sums[c]! += image[i + c]!;
  const sum = channels === 1 ? sums[0]! : luminance(sums[0]!, sums[1]!, sums[2]!);
  const shift = (1 - factor) * (sum / ((to - from) / channels));
  for (let i = from; i < to; i++) image[i] = image[i]! * factor + shift;
}

/** torchvision's adjust_saturation: mixes with the gray image. */
export function graySaturation(image: Float32Array, from: number, to: number, factor: number): void {
  for (let i = from; i < to; i += 3) {
    const shift = (1 - factor) * luminance(image[i]!, image[i + 1]!, image[i + 2]!);
    for (let c = i; c < i + 3; c++) image[c] = image[c]! * factor + shift;
  }
}
