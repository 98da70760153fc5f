import type { Random } from '@simclr/stage';

/** Adds normal noise to every value, not clipped. Draws two numbers a pair of values (Box–Muller, both halves). */
export function gaussianNoise(image: Float32Array, from: number, to: number, sigma: number, random: Random): void {
  for (let i = from; i < to; i += 2) {
    const radius = sigma * Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    image[i]! += radius * Math.cos(angle);
    if (i + 1 < to) image[i + 1]! += radius * Math.sin(angle);
  }
}
