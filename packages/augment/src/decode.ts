import { UserError } from '@simclr/stage';
import sharp from 'sharp';
import type { Box } from './ops/crop-box.ts';

/** Views are made in as many threads as there are workers: libvips shall start none, nor keep images it will not see again. */
export function restrainDecoder(): void {
  sharp.concurrency(1);
  sharp.cache(false);
}

/** Height and width of an image as it is seen: turned as its EXIF orientation says. */
export interface Size {
  height: number;
  width: number;
}

/** A decoded part of an image. */
export interface Decoded {
  /** [height, width, 3], uint8 RGB: grey images have three equal channels, transparency is dropped. */
  pixels: Uint8Array;
  width: number;
  /** Where the part lies in the image, px of the part. */
  y: number;
  x: number;
  /** Pixels of the part to one of the image; 1 unless it was decoded smaller. */
  scaleY: number;
  scaleX: number;
}

async function named<T>(row: number, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new UserError(
      `undecodable image: row ${row}. ${(error as Error).message.split('\n')[0]}. remove or replace it`,
    );
  }
}

/** Reads the size from a file's header. @throws UserError naming the row if the file is no image */
export async function imageSize(file: Uint8Array, row: number): Promise<Size> {
  const { autoOrient } = await named(row, sharp(file).metadata());
  return { height: autoOrient.height, width: autoOrient.width };
}

/**
 * Decodes what the boxes show: their common bounding box, pixel for pixel.
 * @param shrink ≥ 1: how much smaller the whole image may be made while it is decoded, 1 for exactness. From 3 on, JPEGs
 * are decoded at 1/2, 1/4 or 1/8 (libjpeg's scaled inverse DCT), then brought to size by libvips' antialiased bicubic
 */
export async function decode(
  file: Uint8Array,
  row: number,
  { height, width }: Size,
  boxes: readonly Box[],
  shrink: number,
): Promise<Decoded> {
  const image = sharp(file).autoOrient();
  const part = { y: 0, x: 0, scaleY: 1, scaleX: 1 };
  if (shrink >= 3) {
    const [h, w] = [Math.ceil(height / shrink), Math.ceil(width / shrink)];
    image.resize(w, h, { fit: 'fill', kernel: 'cubic' });
    part.scaleY = h / height;
    part.scaleX = w / width;
  } else {
    const top = Math.min(...boxes.map((box) => box.y));
    const left = Math.min(...boxes.map((box) => box.x));
    const bottom = Math.max(...boxes.map((box) => box.y + box.height));
    const right = Math.max(...boxes.map((box) => box.x + box.width));
    image.extract({ left, top, width: right - left, height: bottom - top });
    part.y = top;
    part.x = left;
  }
  const raw = image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { data, info } = await named(row, raw);
  return { pixels: data, width: info.width, ...part };
}
