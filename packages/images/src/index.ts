/**
 * How a file of an image becomes RGB pixels: whole and square, or a part of it at a time. Both give the same pixels, those
 * of Pillow's `ImageOps.exif_transpose(image).convert('RGB')` but where that would be unsound.
 *
 * | kind | pixels |
 * |---|---|
 * | grey, palette, 1 to 8 bits | RGB of the same colours |
 * | transparency, also of a palette or a colour key | left out; colours stay as they are stored, never mixed with black |
 * | 16 bits, grey or RGB | the upper 8; refused where no value needs more than 12 (Pillow clips grey at 255: white) |
 * | CMYK, YCCK | (1 − ink)(1 − black), inverted where Adobe's mark says so |
 * | colour profile, gamma | ignored, as by Pillow, torchvision and TensorFlow |
 * | EXIF orientation, in every format | turned upright |
 * | several frames or pages | the first |
 * | floats, integers of 32 bits or with a sign, CMYK of 16 bits, Lab, more channels | refused |
 *
 * AVIF stores colour at half the resolution, and decoders interpolate it differently: a value differs from Pillow's by up
 * to 9 of 255 in the tests' smooth pictures, by as much as 109 in noise. Formats go by content, not by a file's name: JPEG,
 * PNG, GIF, WebP, TIFF, AVIF, BMP.
 *
 * {@link ../example.ts} runs.
 */
export { checkImage } from './check.ts';
export type { Decoded } from './decode.ts';
export { decode, imageSize, restrainDecoder } from './decode.ts';
export type { Size } from './header.ts';
export { squarePixels } from './square.ts';
