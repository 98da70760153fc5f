import type { GraphEncoderInfo } from '@simclr/artifacts';
import type { Embedder } from '../encoder.ts';
import { feedImages } from './feed.ts';
import type { GraphOutput, GraphSession } from './graph-session.ts';

/** What a graph is fed by and what is taken of it. */
export type GraphInterface = Pick<GraphEncoderInfo, 'inputShape' | 'preprocessing' | 'featureDim' | 'input' | 'output'>;

/**
 * Features by a graph: images as it takes them, so many at a time as it takes, or as `batch` says; a batch that is too short
 * is filled up with its last image. A map of features is averaged over height and width.
 */
export function foreignEmbedder(info: GraphInterface, session: GraphSession, batch: number): Embedder {
  const { inputShape, preprocessing, featureDim, input } = info;
  const [height, width, channels] = inputShape;
  const size = height * width * channels;
  const most = input.batch ?? batch;
  const shape = preprocessing.layout === 'NCHW' ? [channels, height, width] : inputShape;
  return {
    featureDim,
    async embed(images, told) {
      const rows = images.length / size;
      const features = new Float32Array(rows * featureDim);
      for (let from = 0; from < rows; from += most) {
        const n = Math.min(most, rows - from);
        const fed = input.batch ?? n;
        const values = new Float32Array(fed * size);
        feedImages(images.subarray(from * size, (from + n) * size), values, preprocessing, inputShape);
        for (let i = n; i < fed; i++) values.copyWithin(i * size, (n - 1) * size, n * size);
        const output = await session.run(values, [fed, ...shape]);
        features.set(pooled(output, info.output.pool, featureDim).subarray(0, n * featureDim), from * featureDim);
        await told?.(from + n);
      }
      return features;
    },
  };
}

/**
 * Means over two axes of four; as it is where none is named.
 * @returns [n, dim]
 */
function pooled({ data, shape }: GraphOutput, pool: readonly number[], dim: number): Float32Array {
  const [n = 0, ...rest] = shape;
  const per = pool.reduce((product, axis) => product * shape[axis]!, 1);
  if (data.length !== n * dim * per)
    throw new Error(`unexpected output: [${shape}], of which [${n}, ${dim}] was expected`);
  if (per === 1) return data;
  const last = pool.includes(2) && pool.includes(3);
  const means = new Float32Array(n * dim);
  const positions = rest.length === 3 ? per : 1;
  for (let i = 0; i < n; i++)
    for (let c = 0; c < dim; c++) {
      let sum = 0;
      for (let p = 0; p < positions; p++) sum += data[i * dim * per + (last ? c * per + p : p * dim + c)]!;
      means[i * dim + c] = sum / per;
    }
  return means;
}
