import type { ImageShape } from '@simclr/shards';
import { AddressedStream, addressed } from '@simclr/stage';
import { tf } from '@simclr/tensorflow';
import { compileColumns, rowLength } from '../device/columns.ts';
import { deviceViews } from '../device/views.ts';
import { forBoth, pairShape, parsePair } from '../pair.ts';
import { compileViews } from '../views.ts';

/** Images like photographs in what matters here: smooth shades, edges, flat black and white, noise. */
export function makeImages(count: number, [height, width, channels]: ImageShape): Uint8Array {
  const random = addressed(11, height, width);
  const size = height * width * channels;
  const data = new Uint8Array(count * size);
  for (let image = 0; image < count; image++) {
    const [fy, fx, edge, noise] = [random.next() * 9, random.next() * 9, random.next(), random.next() ** 2 * 80];
    for (let i = 0; i < size; i++) {
      const [y, x, c] = [Math.floor(i / channels / width) / height, (Math.floor(i / channels) % width) / width, i % channels];
      const shade = 128 + 160 * Math.sin(fy * y + fx * x + 0.7 * c) * (x < edge ? 1 : -0.6);
      data[image * size + i] = Math.min(255, Math.max(0, shade + noise * (random.next() - 0.5)));
    }
  }
  return data;
}

/**
 * Both views of every image under one address each, by both engines.
 * @returns [2·count, …view] each
 */
export function bothEngines(text: string, data: Uint8Array, image: ImageShape, epoch = 0) {
  const pair = parsePair(text);
  const shape = pairShape(pair, { shape: image });
  const size = shape[0] * shape[1] * shape[2];
  const imageSize = image[0] * image[1] * image[2];
  const count = data.length / imageSize;
  const makeView = forBoth(pair, (policy) => compileViews(policy, image));
  const makeDraws = forBoth(pair, (policy) => compileColumns(policy, image));
  const columns = rowLength(pair, image);
  const typed = new Float32Array(2 * count * size);
  const draws = new Float32Array(2 * count * columns);
  const random = new AddressedStream();
  for (const view of [0, 1] as const) {
    for (let i = 0; i < count; i++) {
      const row = view * count + i;
      makeView[view](data, i * imageSize, typed, row * size, random.seek(3, epoch, i, view));
      makeDraws[view].draw(random.seek(3, epoch, i, view), draws, row * columns);
    }
  }
  const pixels = Float32Array.from(data);
  const device = tf.tidy(
    () =>
      deviceViews(
        pair,
        tf.tensor(pixels, [count, ...image]),
        tf.tensor(draws, [2 * count, columns]),
      ).dataSync() as Float32Array,
  );
  return { typed, device, pixels, draws, pair };
}

/** Largest and mean difference, and the share of values that differ by more than 10⁻⁴. */
export function difference(a: Float32Array, b: Float32Array): { max: number; mean: number; share: number } {
  if (a.length !== b.length) throw new Error(`lengths differ: ${a.length} and ${b.length}`);
  let [max, sum, far] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    if (!(d <= max)) max = d; // NaN too.
    sum += d;
    if (!(d <= 1e-4)) far++;
  }
  return { max, mean: sum / a.length, share: far / a.length };
}
