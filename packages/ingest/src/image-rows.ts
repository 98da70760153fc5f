import { squarePixels } from '@simclr/images';
import type { EncodedRow, PixelRow } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import type { CheckedImage } from './check-images.ts';
import { readImageFile } from './read-file.ts';

export type ReadRow<Row> = (image: CheckedImage) => Promise<Row>;

/** Reads a checked file again: what goes into the shards is what was checked. */
async function readAgain({ path, part, shown, stamp }: CheckedImage): Promise<Uint8Array> {
  const again = await readImageFile({ path, part }).catch((error: Error) => {
    throw new UserError(
      `undecodable image: ${shown}. ${error.message}. run npm run pipeline -- run <pipeline> --force ingest`,
    );
  });
  if (again.stamp.bytes !== stamp.bytes || again.stamp.mtimeMs !== stamp.mtimeMs)
    throw new UserError(
      `changed image: ${shown} was written to since it was checked. run npm run pipeline -- run <pipeline> --force ingest`,
    );
  return again.bytes;
}

/** Upright RGB, shorter side to `size`, centre cut out: [size, size, 3]. */
export const pixelRow =
  (size: number): ReadRow<PixelRow> =>
  async (image) => {
    const bytes = await readAgain(image);
    const pixels = await squarePixels(bytes, size).catch((error: Error) => {
      throw new UserError(`undecodable image: ${image.shown}. ${error.message}. remove or replace it`);
    });
    return { pixels, label: image.label };
  };

/** The file as it is. */
export const fileRow: ReadRow<EncodedRow> = async (image) => {
  const bytes = await readAgain(image);
  return { bytes, path: image.name, label: image.label };
};
