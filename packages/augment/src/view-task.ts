import type { ImageShape } from '@simclr/shards';
import { AddressedStream } from '@simclr/stage';
import { parsePolicy } from './policy.ts';
import { compileViews } from './views.ts';

/** What a worker needs to make views; the buffers are shared, not copied. */
export interface ViewSource {
  /** [rows, h, w, c]. */
  pixels: Uint8Array;
  shape: ImageShape;
  policy: string;
  seed: number;
  /** Pairs a step. */
  batch: number;
  /** Ring of batches, each [2·batch, h, w, c], first views first. */
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

/** A view is a pure function of (policy, seed, epoch, image, view number): who makes it, and when, does not matter. */
export function viewMaker({ pixels, shape, policy, seed, batch, ring }: ViewSource): (task: ViewTask) => void {
  const makeView = compileViews(parsePolicy(policy), shape);
  const size = shape[0] * shape[1] * shape[2];
  const random = new AddressedStream();
  return ({ slot, from, to, images, epochs }) => {
    const start = slot * 2 * batch * size;
    for (let i = from; i < to; i++) {
      const image = images[i]!;
      for (let view = 0; view < 2; view++) {
        makeView(
          pixels,
          image * size,
          ring,
          start + (view * batch + i) * size,
          random.seek(seed, epochs[i]!, image, view),
        );
      }
    }
  };
}
