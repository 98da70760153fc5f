import type { ImageShape } from '@simclr/shards';
import { rowLength } from './device/columns.ts';
import { parsePair } from './pair.ts';

const FLOAT = Float32Array.BYTES_PER_ELEMENT;

/** Batches in the loader's ring: one in use, the others being made. */
export const SLOTS = 3;

/**
 * Bytes of the loader's ring: float32 views, two a pair.
 * @param shape of a view
 */
export const ringBytes = (batch: number, [height, width, channels]: ImageShape): number =>
  SLOTS * 2 * batch * height * width * channels * FLOAT;

/** Batches that the device loader holds: one in use, one being filled in. */
export const DEVICE_SLOTS = 2;

/**
 * Bytes of the device loader's buffers, of which it has `DEVICE_SLOTS` each.
 * @param image shape of the raw images
 */
export const deviceBytes = (
  batch: number,
  [height, width, channels]: ImageShape,
  policy: string,
): { pixels: number; draws: number } => ({
  pixels: batch * height * width * channels * FLOAT,
  draws: 2 * batch * rowLength(parsePair(policy), [height, width, channels]) * FLOAT,
});
