import { AddressedStream } from '@simclr/stage';
import { encodedViews } from './encoded-views.ts';
import type { EncodedImages, RawImages } from './images.ts';
import { parsePolicy } from './parse.ts';
import { compileViews, viewShape } from './views.ts';

/** What a worker needs to make views; the buffers are shared, not copied. */
export interface ViewSource {
  images: RawImages | (EncodedImages & { sizes: Uint32Array });
  policy: string;
  seed: number;
  /** Pairs a step. */
  batch: number;
  /** Ring of batches, each [2·batch, ...view shape], first views first. */
  ring: Float32Array;
}

/** Pairs `from`..`to` of one batch, to be written into a slot of the ring. */
export interface ViewTask {
  slot: number;
  from: number;
  to: number;
  /** Image and epoch of the batch's pairs, [batch]. */
  images: Uint32Array;
  epochs: Uint32Array;
}

/** Makes the views of a task: done at once, or when the promise resolves. */
export type TaskRunner = (task: ViewTask) => void | Promise<void>;

/** A view is a pure function of (policy, seed, epoch, image, view number): who makes it, and when, does not matter. */
export function viewMaker({ images, policy, seed, batch, ring }: ViewSource): TaskRunner {
  const parsed = parsePolicy(policy);
  if (!images.shape) return encodedViews(images, { policy: parsed, seed, batch, ring });
  const { shape, data } = images;
  const makeView = compileViews(parsed, shape);
  const imageSize = shape[0] * shape[1] * shape[2];
  const [height, width, channels] = viewShape(parsed, images);
  const size = height * width * channels;
  const random = new AddressedStream();
  return ({ slot, from, to, images, epochs }) => {
    const start = slot * 2 * batch * size;
    for (let i = from; i < to; i++) {
      const image = images[i]!;
      for (let view = 0; view < 2; view++) {
        const out = start + (view * batch + i) * size;
        makeView(data, image * imageSize, ring, out, random.seek(seed, epochs[i]!, image, view));
      }
    }
  };
}
