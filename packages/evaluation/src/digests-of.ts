import { setImmediate as turn } from 'node:timers/promises';
import { type ImageDigests, imageDigest } from '@simclr/artifacts';
import { type Encoded, type Pixels, pixelsOf, readImage } from '@simclr/shards';

/** Images of a turn: files of a hundred kilobytes take half a second. */
const TURN = 1024;

/**
 * Digests of a split's images as the stage ingest wrote them: of pixels, or of files.
 *
 * @throws the signal's reason
 */
async function digestsOf(images: Pixels | Encoded, signal: AbortSignal | undefined): Promise<string[]> {
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

interface Splits<T> {
  train: T;
  validation?: T | undefined;
  test: T;
}

/** What results say of splits, and the digests of their images. @throws the signal's reason */
export async function aboutSplits(
  { train, validation, test }: Splits<Pixels | Encoded>,
  signal: AbortSignal | undefined,
): Promise<{ splits: Splits<{ rows: number; digest: string }>; images: ImageDigests }> {
  const said = ({ rows, digest }: Pixels | Encoded) => ({ rows, digest });
  return {
    splits: { train: said(train), ...(validation && { validation: said(validation) }), test: said(test) },
    images: {
      train: await digestsOf(train, signal),
      ...(validation && { validation: await digestsOf(validation, signal) }),
      test: await digestsOf(test, signal),
    },
  };
}

function bytesOf(images: Pixels | Encoded, row: number): Uint8Array {
  if (!images.shape) return readImage(images, row);
  const size = pixelsOf(images.shape);
  return images.data.subarray(row * size, (row + 1) * size);
}
