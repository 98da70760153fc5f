import { setImmediate as turn } from 'node:timers/promises';
import type { Embedder } from './encoder.ts';

/**
 * Features of many images.
 *
 * @param batches float images in [0, 1], [n, h, w, c] each
 * @param rows how many in all
 * @param onProgress images done; what it throws ends the extraction
 * @returns [rows, featureDim]
 */
export async function extractFeatures(
  { featureDim, embed }: Embedder,
  batches: AsyncIterable<Float32Array>,
  rows: number,
  onProgress: (done: number) => void = () => {},
): Promise<Float32Array> {
  const features = new Float32Array(rows * featureDim);
  let at = 0;
  for await (const images of batches) {
    const told = async (done: number) => {
      await turn(); // A network computes at once: without it no signal and no timer has its turn.
      onProgress(at / featureDim + done);
    };
    const batch = await embed(images, told);
    features.set(batch, at);
    await told(batch.length / featureDim);
    at += batch.length;
  }
  return features;
}
