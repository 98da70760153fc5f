import sharp, { type Metadata, type Sharp } from 'sharp';
import { decodeBmp, readBmpHeader } from './bmp.ts';
import { imageFormat } from './format.ts';
import { readJpegHeader } from './jpeg-header.ts';
import type { Format } from './kinds.ts';
import { opaqueGif } from './opaque-gif.ts';
import { tiffTag } from './tiff-tag.ts';
import { damageInWords } from './words.ts';

/** Height and width of an image as it is seen: turned as its EXIF orientation says. */
export interface Size {
  height: number;
  width: number;
}

/**
 * How a file becomes RGB.
 * - `jpeg`: TensorFlow's decoder gives any part of it, several times as fast as sharp
 * - `direct`: sharp gives any part of it, and may resize meanwhile
 * - `flat`: transparency and depths of 16 bits go first: nothing is resized before
 * - `cmyk`: ink becomes light first
 */
export type Way = 'jpeg' | 'direct' | 'flat' | 'cmyk';

export interface Header extends Size {
  format: Format;
  way: Way;
  /** The values have 16 bits. */
  deep: boolean;
}

/** Pixels of the largest image: where its values fill 2²⁹ bytes TensorFlow's decoder gives up, and Pillow sees a bomb. */
const MAX_PIXELS = Math.floor(2 ** 29 / 3);

/**
 * A file opened by sharp: its first frame or page, upright, its values as they are stored, without regard to a colour
 * profile or gamma. A JPEG is refused where it ends early, and taken where some bits of it are wrong, as Pillow and
 * TensorFlow do; other formats are refused for any damage that their decoders see.
 */
export function open(file: Uint8Array, format: Format): Sharp {
  if (format === 'bmp') {
    const { pixels, ...size } = decodeBmp(file);
    return sharp(pixels, { raw: { ...size, channels: 3 } });
  }
  const bytes = format === 'gif' ? opaqueGif(file) : file;
  const failOn = format === 'jpeg' ? 'truncated' : 'warning';
  return sharp(bytes, { failOn, ignoreIcc: true, limitInputPixels: MAX_PIXELS }).autoOrient();
}

/**
 * Runs work on a file.
 * @throws Error with its reason in words
 */
export async function inWords<T>(file: Uint8Array, format: Format, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new Error(damageInWords(file, format, (error as Error).message));
  }
}

/**
 * Reads what a file's header says.
 * @throws Error that says in words why the file is no image that is read
 */
export async function readHeader(file: Uint8Array): Promise<Header> {
  const format = imageFormat(file);
  const plain = format === 'jpeg' ? readJpegHeader(file) : undefined;
  if (plain?.orientation === 1 && plain.common && plain.components !== 4 && plain.height > 0) {
    requireMemory(plain);
    // On a GPU the result would go there and back.
    const way = process.env.TFJS_DEVICE === 'gpu' ? 'direct' : 'jpeg';
    return { height: plain.height, width: plain.width, format, way, deep: false };
  }
  if (format === 'bmp') {
    const { height, width } = readBmpHeader(file);
    requireMemory({ height, width });
    return { height, width, format, way: 'direct', deep: false };
  }
  if (format === 'tiff') requireColours(file);
  const unlimited = sharp(format === 'gif' ? opaqueGif(file) : file, { limitInputPixels: false });
  const metadata = await inWords(file, format, unlimited.metadata());
  const { height, width } = metadata.autoOrient;
  requireMemory({ height, width });
  if (format === 'tiff') requireNoPreview(file);
  return { height, width, format, way: wayOf(metadata), deep: metadata.depth === 'ushort' };
}

function requireMemory({ height, width }: Size): void {
  if (height * width <= MAX_PIXELS) return;
  const most = Math.floor(MAX_PIXELS / 1e6);
  throw new Error(`too large: ${width}×${height} pixels. at most ${most} million are read. make it smaller`);
}

const PHOTOMETRIC = 262;

/** Meanings of a TIFF's values that are not read, of which libvips says other things, or nothing. */
const OTHER_COLOURS: Record<number, string> = {
  8: 'Lab',
  9: 'Lab (ICC)',
  10: 'Lab (ITU)',
  32844: 'LogL',
  32845: 'LogLuv',
};

function requireColours(file: Uint8Array): void {
  const colours = OTHER_COLOURS[tiffTag(file, PHOTOMETRIC) ?? 0];
  if (colours) throw new Error(`a TIFF of ${colours} colours, which are not read. convert it to RGB of 8 bits`);
}

const SUBFILE_TYPE = 254;
const DNG_VERSION = 50706;

/** Raw photographs are TIFFs whose first image is a preview. */
function requireNoPreview(file: Uint8Array): void {
  const reduced = (tiffTag(file, SUBFILE_TYPE) ?? 0) & 1;
  if (reduced || tiffTag(file, DNG_VERSION) !== undefined)
    throw new Error('a raw photograph, of which only the preview can be read. convert it to JPEG or PNG');
}

/** Grey or colour, each perhaps with alpha, and ink. */
const CHANNELS: Record<string, number[]> = { 'b-w': [1, 2], srgb: [3, 4], grey16: [1, 2], rgb16: [3, 4], cmyk: [4] };

function wayOf({ space, channels, depth, hasAlpha }: Metadata): Way {
  if (depth !== 'uchar' && depth !== 'ushort')
    throw new Error(`values of type ${depth}, whose black and white are unknown. convert it to 8 bits`);
  if (!CHANNELS[space]?.includes(channels) || (space === 'cmyk' && depth === 'ushort'))
    throw new Error(`${channels} channels of ${space} in ${depth}, which are not read. convert it to RGB of 8 bits`);
  if (space === 'cmyk') return 'cmyk';
  return hasAlpha || depth === 'ushort' ? 'flat' : 'direct';
}
