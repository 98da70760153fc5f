import { luminance } from '../ops/color.ts';

/** Luminance in all three channels, in place: what the engine's kernel is held against. */
export function grayscale(image: Float32Array, from: number, to: number): void {
  for (let i = from; i < to; i += 3) image.fill(luminance(image[i]!, image[i + 1]!, image[i + 2]!), i, i + 3);
}
