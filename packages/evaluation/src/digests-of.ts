import { imageDigest } from '@simclr/artifacts';
import { type Encoded, type Pixels, pixelsOf, readImage } from '@simclr/shards';

/** Digests of a split's images as the stage ingest wrote them: of pixels, or of files. */
export function digestsOf(images: Pixels | Encoded): string[] {
  return Array.from({ length: images.rows }, (_, row) => imageDigest(bytesOf(images, row)));
}

function bytesOf(images: Pixels | Encoded, row: number): Uint8Array {
  if (!images.shape) return readImage(images, row);
  const size = pixelsOf(images.shape);
  return images.data.subarray(row * size, (row + 1) * size);
}
