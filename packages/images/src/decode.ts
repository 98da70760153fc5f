import sharp from 'sharp';
import { checkImage } from './check.ts';
import { type Header, inWords, open, readHeader, type Size } from './header.ts';
import { flat, rgb } from './rgb.ts';
import { decodeByTensorFlow, type Window } from './tensorflow.ts';

/** Views are made in as many threads as there are workers: libvips shall start none, nor keep images it will not see again. */
export function restrainDecoder(): void {
  sharp.concurrency(1);
  sharp.cache(false);
}

/** A part of an image, px; may begin and end within a pixel. */
export interface Part {
  y: number;
  x: number;
  height: number;
  width: number;
}

/** A decoded part of an image. */
export interface Decoded {
  /** [height, width, 3], uint8 RGB. */
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

/**
 * Reads the size from a file's header.
 * @throws Error that says in words why the file is no image
 */
export async function imageSize(file: Uint8Array): Promise<Size> {
  const { height, width } = await readHeader(file);
  return { height, width };
}

/**
 * Decodes what the boxes show: their common bounding box, pixel for pixel.
 * @param shrink ≥ 1: how much smaller the whole image may be made while it is decoded, 1 for exactness. From 3 on, JPEGs
 * are decoded at 1/2, 1/4 or 1/8 (libjpeg's scaled inverse DCT), then brought to size by libvips' antialiased bicubic
 * @throws Error that says in words what is wrong with the file
 */
export async function decode(file: Uint8Array, size: Size, boxes: readonly Part[], shrink: number): Promise<Decoded> {
  const header = await readHeader(file);
  if (shrink >= 3) return inWords(file, header.format, decodeSmaller(file, header, size, shrink));
  const top = Math.max(0, Math.min(...boxes.map((box) => box.y)) - MARGIN);
  const left = Math.max(0, Math.min(...boxes.map((box) => box.x)) - MARGIN);
  const bottom = Math.min(size.height, Math.max(...boxes.map((box) => box.y + box.height)) + MARGIN);
  const right = Math.min(size.width, Math.max(...boxes.map((box) => box.x + box.width)) + MARGIN);
  const window = { top, left, height: bottom - top, width: right - left };
  const part = { width: window.width, y: top, x: left, scaleY: 1, scaleX: 1 };
  const { way, format } = header;
  if (way === 'jpeg') return { pixels: await decodeJpegPart(file, window), ...part };
  // What is cut out of a transparent image is not mixed with what is around it.
  const whole = way === 'cmyk' ? await inWords(file, format, flat(file, header)) : open(file, format);
  return { pixels: await inWords(file, format, rgb(whole.extract(window)).toBuffer()), ...part };
}

async function decodeJpegPart(file: Uint8Array, window: Window): Promise<Uint8Array> {
  try {
    return await decodeByTensorFlow(file, window);
  } catch {
    await checkImage(file);
    throw new Error('a JPEG that TensorFlow does not read');
  }
}

async function decodeSmaller(file: Uint8Array, header: Header, { height, width }: Size, shrink: number) {
  const [h, w] = [Math.ceil(height / shrink), Math.ceil(width / shrink)];
  const image = (await flat(file, header)).resize(w, h, { fit: 'fill', kernel: 'cubic' });
  const pixels = await rgb(image).toBuffer();
  return { pixels, width: w, y: 0, x: 0, scaleY: h / height, scaleX: w / width };
}
