import type { Random } from '@simclr/stage';

/** Normal noise from `from` to `to`. Draws two numbers a pair of values (Box–Muller, both halves). */
export function drawNoise(random: Random, into: Float64Array, from: number, to: number, sigma: number): void {
  for (let i = from; i < to; i += 2) {
    const radius = sigma * Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    into[i] = radius * Math.cos(angle);
    if (i + 1 < to) into[i + 1] = radius * Math.sin(angle);
  }
}

/** Adds noise to every value of the image at `from`, not clipped. */
export function addNoise(image: Float32Array, from: number, noise: Float64Array): void {
  for (let i = 0; i < noise.length; i++) image[from + i]! += noise[i]!;
}
