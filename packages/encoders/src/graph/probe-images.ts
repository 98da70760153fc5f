import { addressed } from '@simclr/stage';

/** Amplitudes fall with the frequency, as those of photographs do. */
const WAVES = 24;

/**
 * A handful of images that are made: smooth fields with detail at all scales and edges between two of them, in colours that
 * vary together more than apart, as in photographs. The same for everyone.
 *
 * @returns [n, h, w, c] in [0, 1]
 */
export function probeImages(n: number, [height, width, channels]: readonly [number, number, number]): Float32Array {
  const size = height * width * channels;
  const images = new Float32Array(n * size);
  for (let i = 0; i < n; i++) {
    const random = addressed(20, i);
    const waves = Array.from({ length: 2 * WAVES }, () => {
      const frequency = 2 ** (5 * random.next());
      const angle = 2 * Math.PI * random.next();
      return {
        x: (2 * Math.PI * frequency * Math.cos(angle)) / width,
        y: (2 * Math.PI * frequency * Math.sin(angle)) / height,
        phase: 2 * Math.PI * random.next(),
        colour: [0, 1, 2].map(() => (0.8 + 0.6 * (random.next() - 0.5)) / Math.sqrt(frequency)),
      };
    });
    const base = [0, 1, 2].map(() => 0.35 + 0.25 * random.next());
    const [edgeX, edgeY] = [(0.3 + 0.4 * random.next()) * width, (0.3 + 0.4 * random.next()) * height];
    for (let y = 0, at = i * size; y < height; y++)
      for (let x = 0; x < width; x++) {
        const half = x < edgeX !== y < edgeY ? 0 : WAVES;
        const cosines = waves.slice(half, half + WAVES).map((wave) => Math.cos(wave.x * x + wave.y * y + wave.phase));
        for (let c = 0; c < channels; c++, at++) {
          let value = base[c]! + (half ? 0.1 : -0.1);
          for (let k = 0; k < WAVES; k++) value += 0.09 * waves[half + k]!.colour[c]! * cosines[k]!;
          images[at] = Math.min(1, Math.max(0, value));
        }
      }
  }
  return images;
}
