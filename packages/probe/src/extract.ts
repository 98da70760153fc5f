import type { Compiled } from '@simclr/tensorflow';

/** Images at a time: large enough to fill the cores, small enough for the caches. */
const BATCH = 256;

/**
 * Features of uint8 images, scaled to [0, 1], by a compiled `encode` graph with its weights written.
 *
 * @param pixels [rows, h, w, c]; @param rows how many; @param onProgress images done
 * @returns [rows, featureDim]
 */
export function extractFeatures(
  encode: Compiled,
  pixels: Uint8Array,
  rows: number,
  onProgress: (done: number) => void = () => {},
): Float32Array {
  const size = pixels.length / rows;
  let features: Float32Array | undefined;
  let dim = 0;
  const images = new Float32Array(BATCH * size);
  for (let from = 0; from < rows; from += BATCH) {
    const count = Math.min(BATCH, rows - from);
    for (let i = 0; i < count * size; i++) images[i] = pixels[from * size + i]! / 255;
    const { data, shape } = encode.run({ images: images.subarray(0, count * size) }).features!;
    dim = shape[1]!;
    features ??= new Float32Array(rows * dim);
    features.set(data, from * dim);
    onProgress(from + count);
  }
  return features ?? new Float32Array(0);
}
