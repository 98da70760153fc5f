import type { Encoded, ImageShape, Pixels } from '@simclr/shards';
import { feedBuffer } from '@simclr/tensorflow/feed-buffer';
import { parsePolicy } from './parse.ts';
import { SLOTS } from './ring.ts';
import { startViewWorkers } from './view-workers.ts';
import { viewShape } from './views.ts';

/** Images at a time: large enough to fill the cores, small enough for the caches. */
const BATCH = 256;

/** A split as an encoder sees it in evaluation. */
export interface EvaluationImages {
  /** Of each image. */
  shape: ImageShape;
  rows: number;
  /** [rows]; of images of several classes a value for each class, [rows, classes]. */
  labels: Int32Array;
  classes: string[];
  /**
   * Float images in [0, 1], batch by batch, [n, h, w, c]: of `rows` in their order, by default of all. A batch is valid
   * until the next is asked for.
   * @throws UserError if an image cannot be decoded
   */
  batches(rows?: Uint32Array): AsyncGenerator<Float32Array>;
}

/**
 * Raw images are taken as they are. Encoded ones are read, decoded and resized batch by batch, ahead of whoever takes
 * them: three batches are in memory.
 *
 * @param policy for encoded images, of `evaluationPolicy`
 * @param workers threads that make them
 */
export function evaluationImages(images: Pixels | Encoded, policy: string, workers: number): EvaluationImages {
  if (!images.shape) return viewedImages(images, policy, workers);
  const { shape, rows, labels, classes } = images;
  return { shape, rows, labels, classes, batches: (chosen = allOf(rows)) => rawBatches(images, chosen) };
}

/** The same by a policy that draws nothing, raw images too. */
export function viewedImages(images: Pixels | Encoded, policy: string, workers: number): EvaluationImages {
  const { rows, labels, classes } = images;
  const shape = viewShape(parsePolicy(policy), images);
  const batches = (chosen = allOf(rows)) => made(images, policy, shape, chosen, workers);
  return { shape, rows, labels, classes, batches };
}

const allOf = (rows: number) => Uint32Array.from({ length: rows }, (_, row) => row);

async function* rawBatches({ data, shape }: Pixels, rows: Uint32Array): AsyncGenerator<Float32Array> {
  const size = shape[0] * shape[1] * shape[2];
  const batch = feedBuffer(BATCH * size);
  for (let from = 0; from < rows.length; from += BATCH) {
    const chosen = rows.subarray(from, from + BATCH);
    chosen.forEach((row, i) => {
      for (let j = 0; j < size; j++) batch[i * size + j] = data[row * size + j]! / 255;
    });
    yield batch.subarray(0, chosen.length * size);
  }
}

async function* made(
  images: Pixels | Encoded,
  policy: string,
  shape: ImageShape,
  rows: Uint32Array,
  workers: number,
): AsyncGenerator<Float32Array> {
  const size = shape[0] * shape[1] * shape[2];
  const ring = Array.from({ length: SLOTS }, () => feedBuffer(Math.min(BATCH, rows.length) * size));
  // Nothing is drawn: neither seed nor epoch matters.
  const making = startViewWorkers({ images, policy, seed: 0, batch: BATCH, views: 1, ring }, workers);
  const ahead: { images: Uint32Array; slot: number; ready: Promise<void> }[] = [];
  let started = 0;
  const start = () => {
    const images = rows.subarray(started * BATCH, (started + 1) * BATCH);
    if (images.length === 0) return;
    const slot = started++ % SLOTS;
    const epochs = new Uint32Array(images.length);
    const ready = making.make({ slot, from: 0, to: images.length, images, epochs });
    ready.catch(() => {}); // Awaited below, in order.
    ahead.push({ images, slot, ready });
  };
  try {
    for (let i = 0; i < SLOTS - 1; i++) start();
    for (let batch = ahead.shift(); batch; batch = ahead.shift()) {
      await batch.ready;
      // Into the slot that was given out before this one.
      start();
      yield ring[batch.slot]!.subarray(0, batch.images.length * size);
    }
  } finally {
    await Promise.allSettled(ahead.map(({ ready }) => ready));
    await making.close();
  }
}
