import { setImmediate as turn } from 'node:timers/promises';
import { imageDigest } from '@simclr/artifacts';
import { type Encoded, type Pixels, pixelsOf, readImage } from '@simclr/shards';

/** Images of a turn: files of a hundred kilobytes take half a second. */
const TURN = 1024;

/**
 * Digests of a split's images as the stage ingest wrote them: of pixels, or of files.
 *
 * @throws the signal's reason
 */
export async function digestsOf(images: Pixels | Encoded, signal: AbortSignal | undefined): Promise<string[]> {
  const digests: string[] = [];
  for (let row = 0; row < images.rows; row++) {
    if (row % TURN === 0) {
      await turn();
      signal?.throwIfAborted();
    }
    digests.push(imageDigest(bytesOf(images, row)));
  }
  return digests;
}

function bytesOf(images: Pixels | Encoded, row: number): Uint8Array {
  if (!images.shape) return readImage(images, row);
  const size = pixelsOf(images.shape);
  return images.data.subarray(row * size, (row + 1) * size);
}
