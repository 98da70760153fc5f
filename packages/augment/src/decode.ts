import sharp, { type Sharp } from 'sharp';
import { readJpegHeader } from './jpeg-header.ts';
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

/** Px around what is shown: at the edge of what it decodes, libjpeg lacks the neighbours that it interpolates colour from. */
const MARGIN = 2;

/** A JPEG whose pixels are as they are stored: TensorFlow decodes it the faster. On a GPU its result would go there and back. */
function plainJpeg(file: Uint8Array): Size | undefined {
  if (process.env.TFJS_DEVICE === 'gpu') return undefined;
  const header = readJpegHeader(file);
  if (header?.orientation !== 1 || header.hasProfile || header.components > 3) return undefined;
  return header;
}

/** Reads the size from a file's header. @throws Error if the file is no image */
export async function imageSize(file: Uint8Array): Promise<Size> {
  const plain = plainJpeg(file);
  if (plain) return { height: plain.height, width: plain.width };
  const { autoOrient } = await sharp(file).metadata();
  return { height: autoOrient.height, width: autoOrient.width };
}

/**
 * Decodes what the boxes show: their common bounding box, pixel for pixel.
 * @param shrink ≥ 1: how much smaller the whole image may be made while it is decoded, 1 for exactness. From 3 on, JPEGs
 * are decoded at 1/2, 1/4 or 1/8 (libjpeg's scaled inverse DCT), then brought to size by libvips' antialiased bicubic
 * @throws Error if the file is damaged
 */
export async function decode(
  file: Uint8Array,
  { height, width }: Size,
  boxes: readonly Box[],
  shrink: number,
): Promise<Decoded> {
  if (shrink >= 3) return decodeSmaller(file, { height, width }, shrink);
  const top = Math.max(0, Math.min(...boxes.map((box) => box.y)) - MARGIN);
  const left = Math.max(0, Math.min(...boxes.map((box) => box.x)) - MARGIN);
  const bottom = Math.min(height, Math.max(...boxes.map((box) => box.y + box.height)) + MARGIN);
  const right = Math.min(width, Math.max(...boxes.map((box) => box.x + box.width)) + MARGIN);
  const window = { y: top, x: left, height: bottom - top, width: right - left };
  const part = { width: window.width, y: top, x: left, scaleY: 1, scaleX: 1 };
  if (plainJpeg(file)) {
    const { decodeJpeg } = await import('@simclr/tensorflow');
    return { pixels: decodeJpeg(file, window), ...part };
  }
  const image = sharp(file).autoOrient().extract({ left, top, width: window.width, height: window.height });
  return { pixels: await rgb(image).toBuffer(), ...part };
}

const rgb = (image: Sharp) => image.toColourspace('srgb').removeAlpha().raw();

async function decodeSmaller(file: Uint8Array, { height, width }: Size, shrink: number): Promise<Decoded> {
  const [h, w] = [Math.ceil(height / shrink), Math.ceil(width / shrink)];
  const image = sharp(file).autoOrient().resize(w, h, { fit: 'fill', kernel: 'cubic' });
  return {
    pixels: await rgb(image).toBuffer(),
    width: w,
    y: 0,
    x: 0,
    scaleY: h / height,
    scaleX: w / width,
  };
}
