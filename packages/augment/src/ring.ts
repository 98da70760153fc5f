/** Batches in the loader's ring: one in use, the others being made. */
export const SLOTS = 3;

/** Bytes of the loader's ring: float32 views, two a pair. @param shape of a view */
export const ringBytes = (batch: number, [height, width, channels]: readonly number[]): number =>
  SLOTS * 2 * batch * height! * width! * channels! * Float32Array.BYTES_PER_ELEMENT;
