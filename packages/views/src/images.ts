import type { Encoded, ImageShape } from '@simclr/shards';

/** Images of one shape, as `loadPixels` reads them. */
export interface RawImages {
  /** [rows, h, w, c]. */
  data: Uint8Array;
  shape: ImageShape;
  rows: number;
}

/** Encoded image files (JPEG, PNG) of different sizes, as `loadEncoded` opens them. */
export type EncodedImages = Pick<Encoded, 'folder' | 'files' | 'places' | 'shape' | 'rows'>;

/** Bytes in a buffer that threads can share; without a copy if they already are. */
export function shared(data: Uint8Array): Uint8Array {
  if (data.buffer instanceof SharedArrayBuffer) return data;
  const copy = new Uint8Array(new SharedArrayBuffer(data.length));
  copy.set(data);
  return copy;
}
