import { setImmediate as turn } from 'node:timers/promises';
import type { Compiled } from '@simclr/tensorflow';

/**
 * Features of images by a compiled `encode` graph with its weights written.
 *
 * @param batches float images in [0, 1], [n, h, w, c] each; @param rows how many in all; @param onProgress images done
 * @returns [rows, featureDim]
 */
export async function extractFeatures(
  encode: Compiled,
  batches: AsyncIterable<Float32Array>,
  rows: number,
  onProgress: (done: number) => void = () => {},
): Promise<Float32Array> {
  const [, dim] = encode.info.outputs.features!.shape;
  const features = new Float32Array(rows * dim!);
  let done = 0;
  for await (const images of batches) {
    const { data, shape } = encode.run({ images }).features!;
    features.set(data, done * dim!);
    done += shape[0]!;
    await turn(); // Images in memory are there at once: without it no signal and no timer has its turn.
    onProgress(done);
  }
  return features;
}
