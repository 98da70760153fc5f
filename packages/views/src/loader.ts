import { feedBuffer } from '@simclr/tensorflow/feed-buffer';
import { BatchOrder, type Share, shareOf } from './batch-order.ts';
import type { EncodedImages, RawImages } from './images.ts';
import { forBoth, pairShape, parsePair } from './pair.ts';
import { SLOTS } from './ring.ts';
import { startViewWorkers } from './view-workers.ts';
import { compilePolicy } from './views.ts';

export interface LoaderOptions {
  /**
   * Encoded images are read in libuv's threads, and decoded there where they are no plain JPEGs: set UV_THREADPOOL_SIZE
   * (4) to the workers if there are more.
   */
  images: RawImages | EncodedImages;
  /** A view policy in the mini-language, or two (pair.ts); for encoded images it starts with `crop(to=<px>)`. */
  policy: string;
  seed: number;
  /** Pairs a step; images, where each has one view. */
  batch: number;
  /** The part of each batch that is made here: the views are those that one process would make, in its order. All by default. */
  share?: Share;
  /** Views of each image: a pair, which is the default, or its first alone. */
  views?: 1 | 2;
  /** Those of the images that are taken; all by default. */
  rows?: Uint32Array;
  /** Nothing is prepared beyond this step. */
  totalSteps: number;
  /** Worker threads; 0 makes the views in `next`. */
  workers: number;
}

export interface ViewBatch {
  /** [views·batch, h, w, c] (of the share's part of the batch) in [0, 1], first views first. Valid until the next call of `next`. */
  views: Float32Array;
  /** Image of each pair, or view, [batch]. */
  images: Uint32Array;
}

export interface ViewLoader {
  /** The views of a step. Asked for in order, they are made ahead, while the step before runs. */
  next(step: number): Promise<ViewBatch>;
  /** Stops the workers. */
  close(): Promise<void>;
}

interface Prepared {
  step: number;
  slot: number;
  images: Uint32Array;
  ready: Promise<void>;
}

/**
 * Starts making views. Batches depend on seed and step alone: not on the number of workers, nor on where one starts.
 * @throws UserError at once if the policy is wrong, or does not say how large views of encoded images are
 */
export function startViewLoader(options: LoaderOptions): ViewLoader {
  const { images, policy, seed, share, views = 2, rows, totalSteps, workers } = options;
  const batch = shareOf(options.batch, share);
  const pair = parsePair(policy);
  const shape = pairShape(pair, images);
  // Whatever is wrong is said here and not by a worker.
  forBoth(pair, (each) => compilePolicy(each, shape, 'single'));
  const [height, width, channels] = shape;
  // TensorFlow reads a batch in place.
  const ring = Array.from({ length: SLOTS }, () => feedBuffer(views * batch * height * width * channels));
  const making = startViewWorkers({ images, policy, seed, batch, views, ring }, workers);
  const order = new BatchOrder(rows?.length ?? images.rows, options.batch, seed, share);
  const ahead: Prepared[] = [];

  const prepare = (step: number) => {
    const task = { images: new Uint32Array(batch), epochs: new Uint32Array(batch) };
    order.fill(step, task.images, task.epochs);
    if (rows) task.images.set(task.images.map((at) => rows[at]!));
    const slot = step % SLOTS;
    const ready = making.make({ ...task, slot, from: 0, to: batch });
    ready.catch(() => {}); // Whoever awaits the batch sees it.
    ahead.push({ step, slot, images: task.images, ready });
  };

  return {
    async next(step) {
      if (ahead[0]?.step !== step) {
        // The first call, or a jump: whatever was being made for other steps must be out of the ring first.
        await Promise.all(ahead.splice(0).map((batch) => batch.ready));
        prepare(step);
      }
      const current = ahead.shift()!;
      for (
        let next = step + 1 + ahead.length;
        ahead.length < (workers > 0 ? SLOTS - 1 : 0) && next < totalSteps;
        next++
      )
        prepare(next);
      await current.ready;
      return { views: ring[current.slot]!, images: current.images };
    },
    async close() {
      await Promise.allSettled(ahead.map((batch) => batch.ready));
      await making.close();
    },
  };
}
