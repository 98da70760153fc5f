import { AddressedStream } from '@simclr/stage';
import { encodedViews } from './encoded-views.ts';
import type { EncodedImages, RawImages } from './images.ts';
import { forBoth, pairShape, parsePair } from './pair.ts';
import { compileViews } from './views.ts';

/** What a worker needs to make views; the buffers are shared, not copied. */
export interface ViewSource {
  images: RawImages | (EncodedImages & { sizes: Uint32Array });
  policy: string;
  seed: number;
  /** Images a batch. */
  batch: number;
  /** Views of each image: a pair, or its first alone. */
  views: 1 | 2;
  /** A buffer for each batch that is being made or used: [views·batch, ...view shape], first views first. */
  ring: readonly Float32Array[];
}

/** Images `from`..`to` of one batch, whose views are to be written into a slot of the ring. */
export interface ViewTask {
  slot: number;
  from: number;
  to: number;
  /** Image and epoch, [batch]. */
  images: Uint32Array;
  epochs: Uint32Array;
}

/** Makes the views of a task: done at once, or when the promise resolves. */
export type TaskRunner = (task: ViewTask) => void | Promise<void>;

/** A view is a pure function of (its policy, seed, epoch, image, view number): who makes it, and when, does not matter. */
export function viewMaker({ images, policy, ...rest }: ViewSource): TaskRunner {
  const { seed, batch, views, ring } = rest;
  const pair = parsePair(policy);
  if (!images.shape) return encodedViews(images, { ...rest, pair });
  const { shape, data } = images;
  const makeView = forBoth(pair, (each) => compileViews(each, shape));
  const imageSize = shape[0] * shape[1] * shape[2];
  const [height, width, channels] = pairShape(pair, images);
  const size = height * width * channels;
  const random = new AddressedStream();
  return ({ slot, from, to, images, epochs }) => {
    for (let i = from; i < to; i++) {
      const image = images[i]!;
      for (const view of [0, 1].slice(0, views)) {
        const out = (view * batch + i) * size;
        makeView[view]!(data, image * imageSize, ring[slot]!, out, random.seek(seed, epochs[i]!, image, view));
      }
    }
  };
}
