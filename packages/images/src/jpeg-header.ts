import { tiffTag } from './tiff-tag.ts';

/** Fields of a JPEG's header. */
export interface JpegHeader {
  /** Px, as stored. */
  height: number;
  width: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  components: number;
  /** EXIF orientation, 1 to 8; 1 is upright, and where there is none. */
  orientation: number;
  /** Baseline, extended or progressive with Huffman codes: what every decoder reads. */
  common: boolean;
}

const APP1 = 0xe1;
const PROGRESSIVE = 0xc2;
const START_OF_SCAN = 0xda;

/** Start of frame: C0 to CF but for the tables C4, C8 and CC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Reads the markers up to the image data; undefined where the file is no JPEG, or its header is cut short or odd. */
export function readJpegHeader(file: Uint8Array): JpegHeader | undefined {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.byteLength < 4 || bytes.getUint16(0) !== 0xffd8) return undefined;
  let orientation: number | undefined;
  for (let at = 2; at + 4 <= bytes.byteLength; ) {
    if (bytes.getUint8(at) !== 0xff) return undefined;
    const marker = bytes.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // A fill byte.
      continue;
    }
    const length = bytes.getUint16(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.byteLength || marker === START_OF_SCAN) return undefined;
    if (isFrame(marker)) {
      if (length < 8) return undefined;
      const [height, width] = [bytes.getUint16(at + 5), bytes.getUint16(at + 7)];
      const components = bytes.getUint8(at + 9);
      return { height, width, components, orientation: orientation ?? 1, common: marker <= PROGRESSIVE };
    }
    const content = file.subarray(at + 4, end);
    if (marker === APP1 && startsWith(content, 'Exif\0\0')) {
      if (orientation !== undefined) return undefined;
      orientation = tiffTag(content.subarray(6), ORIENTATION) ?? 1;
    }
    at = end;
  }
  return undefined;
}

const startsWith = (bytes: Uint8Array, text: string) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, text.length)).toString('latin1') === text;

const ORIENTATION = 0x0112;
