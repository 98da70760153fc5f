import { AddressedStream, UserError } from '@simclr/stage';
import { feedBuffer } from '@simclr/tensorflow/feed-buffer';
import { BatchOrder, shareOf } from '../batch-order.ts';
import type { LoaderOptions } from '../loader.ts';
import { forBoth, pairShape, parsePair } from '../pair.ts';
import { DEVICE_SLOTS } from '../ring.ts';
import { compileColumns, rowLength } from './columns.ts';

/** As the view loader's; images are raw, and there are no workers. */
export type DeviceLoaderOptions = Omit<LoaderOptions, 'workers'>;

/** Inputs of `deviceViews` for one step. Valid until the call of `next` after the next. */
export interface DeviceBatch {
  /** [batch, h, w, c], 0 to 255. */
  pixels: Float32Array;
  /** [2·batch, columns], first views first. */
  draws: Float32Array;
  /** Image of each pair, [batch]. */
  images: Uint32Array;
}

export interface DeviceLoader {
  /** Asked for in order, a batch is filled in while the caller awaits the step before. */
  next(step: number): Promise<DeviceBatch>;
  close(): Promise<void>;
}

/**
 * Gathers images and draws for the views that the device makes: the same images in the same order, and of the same
 * randomness, as `startViewLoader` with these options.
 *
 * @throws UserError at once if the policy is wrong or the images are encoded files
 */
export function startDeviceLoader(options: DeviceLoaderOptions): DeviceLoader {
  const { images, policy, seed, share, totalSteps } = options;
  const batch = shareOf(options.batch, share);
  const { shape, rows } = images;
  if (!shape)
    throw new UserError(
      'views on the device: the images are encoded files. expected raw pixels; or let workers make them',
    );
  const { data } = images;
  const pair = parsePair(policy);
  pairShape(pair, images);
  const fed = forBoth(pair, (each) => compileColumns(each, shape));
  const columns = rowLength(pair, shape);
  const size = shape[0] * shape[1] * shape[2];
  const order = new BatchOrder(rows, options.batch, seed, share);
  const random = new AddressedStream();
  const epochs = new Uint32Array(batch);
  const slots = Array.from({ length: DEVICE_SLOTS }, () => ({
    step: -1,
    pixels: feedBuffer(batch * size),
    draws: feedBuffer(2 * batch * columns),
    images: new Uint32Array(batch),
  }));
  let ahead: NodeJS.Immediate | undefined;

  function fill(step: number): DeviceBatch {
    const slot = slots[step % DEVICE_SLOTS]!;
    if (slot.step === step) return slot;
    order.fill(step, slot.images, epochs);
    for (let i = 0; i < batch; i++) {
      const image = slot.images[i]!;
      slot.pixels.set(data.subarray(image * size, (image + 1) * size), i * size);
      for (const view of [0, 1] as const)
        fed[view].draw(random.seek(seed, epochs[i]!, image, view), slot.draws, (view * batch + i) * columns);
    }
    slot.step = step;
    return slot;
  }

  return {
    async next(step) {
      clearImmediate(ahead);
      const { pixels, draws, images } = fill(step);
      // Once the caller has started the step and waits for it.
      if (step + 1 < totalSteps) ahead = setImmediate(() => fill(step + 1));
      return { pixels, draws, images };
    },
    async close() {
      clearImmediate(ahead);
    },
  };
}
