/** What a JPEG's header says. */
export interface JpegHeader {
  /** Px, as stored. */
  height: number;
  width: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  components: number;
  /** EXIF orientation, 1 to 8; 1 is upright, and where there is none. */
  orientation: number;
  hasProfile: boolean;
}

const APP1 = 0xe1;
const APP2 = 0xe2;
const START_OF_SCAN = 0xda;

/** Start of frame: C0 to CF but for the tables C4, C8 and CC. */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Reads the markers up to the image data; undefined where the file is no JPEG, or its header is cut short or odd. */
export function readJpegHeader(file: Uint8Array): JpegHeader | undefined {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.byteLength < 4 || bytes.getUint16(0) !== 0xffd8) return undefined;
  let orientation = 1;
  let hasProfile = false;
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
      return { height, width, components: bytes.getUint8(at + 9), orientation, hasProfile };
    }
    const content = file.subarray(at + 4, end);
    if (marker === APP1 && startsWith(content, 'Exif\0\0')) orientation = exifOrientation(content.subarray(6));
    if (marker === APP2 && startsWith(content, 'ICC_PROFILE\0')) hasProfile = true;
    at = end;
  }
  return undefined;
}

const startsWith = (bytes: Uint8Array, text: string) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, text.length)).toString('latin1') === text;

const ORIENTATION = 0x0112;

/** Tag 0x0112 of the first directory of TIFF data; 1 where there is none. */
function exifOrientation(tiff: Uint8Array): number {
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (view.byteLength < 8) return 1;
  const little = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return 1;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const at = directory + 2 + 12 * i;
    if (at + 12 > view.byteLength) return 1;
    if (view.getUint16(at, little) === ORIENTATION) return view.getUint16(at + 8, little);
  }
  return 1;
}
