import { readFile } from 'node:fs/promises';
import type { EncodedRow, PixelRow } from '@simclr/shards';
import { UserError } from '@simclr/stage';
import sharp from 'sharp';
import type { Listed } from './list-images.ts';

export type ReadRow<Row> = (file: Listed) => Promise<Row>;

async function naming<T>({ shown }: Listed, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new UserError(
      `undecodable image: ${shown}. ${(error as Error).message.split('\n')[0]}. remove or replace it`,
    );
  }
}

/** Upright, grey made RGB, shorter side to `size`, centre cut out: [size, size, 3]. */
export const pixelRow =
  (size: number): ReadRow<PixelRow> =>
  async (file) => {
    const image = sharp(file.path).rotate().resize(size, size, { fit: 'cover', kernel: 'cubic' });
    const pixels = await naming(file, image.toColourspace('srgb').removeAlpha().raw().toBuffer());
    return { pixels, label: file.label };
  };

/** The file as it is. Its header is read, so that what is no image is found here and not while training. */
export const fileRow: ReadRow<EncodedRow> = async (file) => {
  const bytes = await readFile(file.path);
  await naming(file, sharp(bytes).metadata());
  return { bytes, path: file.name, label: file.label };
};

/** Reads ahead, gives the rows in order. */
export async function* readAll<Row>(files: Listed[], read: ReadRow<Row>, concurrency: number): AsyncGenerator<Row> {
  const ahead: Promise<Row>[] = [];
  let next = 0;
  const start = () => {
    const file = files[next++];
    if (!file) return;
    const row = read(file);
    row.catch(() => {}); // Awaited below, in order.
    ahead.push(row);
  };
  for (let i = 0; i < concurrency; i++) start();
  for (let row = ahead.shift(); row; row = ahead.shift()) {
    yield await row;
    start();
  }
}
