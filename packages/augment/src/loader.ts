import { SHARE_ENV, Worker } from 'node:worker_threads';
import { UserError } from '@simclr/stage';
import { feedBuffer } from '@simclr/tensorflow/feed-buffer';
import { BatchOrder } from './batch-order.ts';
import { type EncodedImages, type RawImages, shared } from './images.ts';
import { forBoth, pairShape, parsePair } from './pair.ts';
import { SLOTS } from './ring.ts';
import { type ViewSource, type ViewTask, viewMaker } from './view-task.ts';
import type { Done } from './view-worker.ts';
import { compilePolicy } from './views.ts';

export interface LoaderOptions {
  /** Encoded images are decoded in libuv's threads: set UV_THREADPOOL_SIZE (4) to the workers if there are more. */
  images: RawImages | EncodedImages;
  /** A view policy in the mini-language, or two (pair.ts); for encoded images it starts with `crop(to=<px>)`. */
  policy: string;
  seed: number;
  /** Pairs a step. */
  batch: number;
  /** Nothing is prepared beyond this step. */
  totalSteps: number;
  /** Worker threads; 0 makes the views in `next`. */
  workers: number;
}

export interface ViewBatch {
  /** [2·batch, h, w, c] in [0, 1], first views first. A view of the loader's ring: valid until the next call of `next`. */
  views: Float32Array;
  /** Image of each pair, [batch]. */
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
export function startViewLoader({ images, policy, seed, batch, totalSteps, workers }: LoaderOptions): ViewLoader {
  const { rows } = images;
  const pair = parsePair(policy);
  const shape = pairShape(pair, images);
  // Whatever is wrong is said here and not by a worker.
  forBoth(pair, (each) => compilePolicy(each, shape, 'single'));
  const [height, width, channels] = shape;
  const batchSize = 2 * batch * height * width * channels;
  // TensorFlow reads a batch in place.
  const ring = feedBuffer(SLOTS * batchSize);
  const source: ViewSource = { images: shareable(images), policy, seed, batch, ring };
  const run = workers > 0 ? startWorkers(source, workers) : inline(source);
  const order = new BatchOrder(rows, batch, seed);
  const ahead: Prepared[] = [];

  const prepare = (step: number) => {
    const task = { images: new Uint32Array(batch), epochs: new Uint32Array(batch) };
    order.fill(step, task.images, task.epochs);
    const slot = step % SLOTS;
    const ready = run.make({ ...task, slot, from: 0, to: batch });
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
      return { views: ring.subarray(current.slot * batchSize, (current.slot + 1) * batchSize), images: current.images };
    },
    async close() {
      await Promise.allSettled(ahead.map((batch) => batch.ready));
      await run.close();
    },
  };
}

function shareable(images: RawImages | EncodedImages): ViewSource['images'] {
  const { shape, rows } = images;
  if (shape) return { data: shared(images.data), shape, rows };
  // Sizes are filled in by whichever worker first sees an image; 0 until then.
  const sizes = new Uint32Array(new SharedArrayBuffer(2 * rows * Uint32Array.BYTES_PER_ELEMENT));
  return { bytes: shared(images.bytes), offsets: images.offsets, shape, rows, sizes };
}

interface Runner {
  make(task: ViewTask): Promise<void>;
  close(): Promise<void>;
}

function inline(source: ViewSource): Runner {
  const make = viewMaker(source);
  return { make: async (task) => make(task), close: async () => {} };
}

function startWorkers(source: ViewSource, count: number): Runner {
  const waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  let failure: Error | undefined;
  let lastId = 0;
  const fail = (error: Error) => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  const threads = Array.from({ length: count }, () => {
    // What is set in the environment for TensorFlow must be there for whichever thread loads it first.
    const worker = new Worker(new URL('./view-worker.ts', import.meta.url), { workerData: source, env: SHARE_ENV });
    worker.on('message', ({ id, mistake }: Done) => {
      if (mistake === undefined) waiting.get(id)?.resolve();
      else waiting.get(id)?.reject(new UserError(mistake));
      waiting.delete(id);
    });
    worker.on('error', fail);
    worker.on('exit', (code) => {
      if (code !== 0) fail(new Error(`a view worker ended with ${code}`));
    });
    return worker;
  });
  return {
    async make(task) {
      const share = Math.ceil((task.to - task.from) / count);
      const parts = threads.map((worker, i) => {
        const from = Math.min(task.to, task.from + i * share);
        const to = Math.min(task.to, from + share);
        if (from === to) return undefined;
        return new Promise<void>((resolve, reject) => {
          if (failure) return reject(failure);
          const id = ++lastId;
          waiting.set(id, { resolve, reject });
          worker.postMessage({ ...task, from, to, id });
        });
      });
      await Promise.all(parts);
    },
    async close() {
      await Promise.all(threads.map((worker) => worker.terminate()));
    },
  };
}
