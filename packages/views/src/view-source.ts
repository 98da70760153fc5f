import type { EncodedImages, RawImages } from './images.ts';

/** Images, policy and buffers from and into which a worker makes views; the buffers are shared, not copied. */
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
