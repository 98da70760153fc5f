import sharp, { type Sharp } from 'sharp';
import { type Header, open } from './header.ts';

/** Values of an opened image as bytes, [h, w, 3]: grey threefold, the upper byte of 16 bits, alpha left out. */
export const rgb = (image: Sharp): Sharp => image.toColourspace('srgb').removeAlpha().raw();

/** An image that may be resized and cut: nothing in it is transparent, deeper than 8 bits, or ink. */
export async function flat(file: Uint8Array, { format, way }: Header): Promise<Sharp> {
  const image = open(file, format);
  if (way === 'jpeg' || way === 'direct') return image;
  const whole = way === 'cmyk' ? image.pipelineColourspace('cmyk').toColourspace('cmyk').raw() : rgb(image);
  const { data, info } = await whole.toBuffer({ resolveWithObject: true });
  const pixels = way === 'cmyk' ? lightOfInk(data) : data;
  return sharp(pixels, { raw: { width: info.width, height: info.height, channels: 3 } });
}

/** CMYK [n, 4] to RGB [n, 3], (1 − ink)(1 − black), rounded as Pillow does. */
function lightOfInk(ink: Uint8Array): Uint8Array {
  const light = new Uint8Array((ink.length / 4) * 3);
  for (let i = 0, at = 0; i < ink.length; i += 4) {
    const white = 255 - ink[i + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = ink[i + c]! * white + 128;
      light[at++] = white - ((product + (product >> 8)) >> 8);
    }
  }
  return light;
}
