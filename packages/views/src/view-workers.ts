import { SHARE_ENV, Worker } from 'node:worker_threads';
import { UserError } from '@simclr/stage';
import { type EncodedImages, type RawImages, shared } from './images.ts';
import type { ViewSource, ViewTask } from './view-source.ts';
import { taskRunner } from './view-task.ts';
import type { Done } from './view-worker.ts';

/** Worker threads that make views, into the ring of their source. */
export interface ViewWorkers {
  /**
   * Settles when all of the task's views are made.
   * @throws UserError if an image cannot be decoded
   */
  make(task: ViewTask): Promise<void>;
  /** Stops the workers. */
  close(): Promise<void>;
}

/** Starts so many worker threads; with 0, the views are made in this one. */
export function startViewWorkers(
  { images, ...rest }: Omit<ViewSource, 'images'> & { images: RawImages | EncodedImages },
  workers: number,
): ViewWorkers {
  const source = { ...rest, images: shareable(images) };
  if (workers > 0) return startWorkers(source, workers);
  const run = taskRunner(source);
  return { make: async (task) => run(task), close: async () => {} };
}

function shareable(images: RawImages | EncodedImages): ViewSource['images'] {
  if (images.shape) return { data: shared(images.data), shape: images.shape, rows: images.rows };
  const { folder, files, places, shape, rows } = images;
  // Sizes are filled in by whichever worker first sees an image; 0 until then.
  const sizes = new Uint32Array(new SharedArrayBuffer(2 * rows * Uint32Array.BYTES_PER_ELEMENT));
  return { folder, files, places, shape, rows, sizes };
}

function startWorkers(source: ViewSource, count: number): ViewWorkers {
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
