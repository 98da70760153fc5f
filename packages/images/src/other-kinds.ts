import { mediaBrands, textAt } from './magic.ts';

const CONVERT = 'convert it to JPEG or PNG';
const unread = (what: string) => `${what}, which is not read. ${CONVERT}`;

/** What files in folders of images are instead, by their text. */
const TEXTS: [pattern: RegExp, words: string][] = [
  [/^version https:\/\/git-lfs/, 'a Git LFS pointer, not the image. run git lfs pull'],
  [/^\s*<(!doctype html|html|head|body)/i, 'an HTML page, not an image. download it again'],
  [/^\s*<([\s\S]*<)?svg[\s>]/i, unread('an SVG drawing')],
  [/^\s*<\?xml/i, 'an XML document, not an image. download it again'],
  [/^%PDF/, unread('a PDF document')],
  [/^%!PS/, unread('a PostScript document')],
  [/^P[1-7]\s/, unread('a PNM image')],
  [/^#\?R/, unread('a Radiance HDR image')],
  [/^SIMPLE {2}=/, unread('a FITS image')],
];

const RAW = unread('a raw photograph');
const ARCHIVE = 'an archive, not an image. unpack it';

/** The same by what stands at a byte. */
const SIGNATURES: [at: number, signatures: string[], words: string][] = [
  [0, ['\xff\x0a', '\0\0\0\x0cJXL '], unread('a JPEG XL image')],
  [0, ['\0\0\0\x0cjP  ', '\xff\x4f\xff\x51'], unread('a JPEG 2000 image')],
  [8, ['CR\x02'], RAW],
  [0, ['IIU\0', 'IIRO', 'IIRS', 'MMOR', 'FUJIFILMCCD-RAW', 'FOVb', '\0MRM'], RAW],
  [0, ['BM'], unread('a BMP image')],
  [0, ['8BPS'], unread('a Photoshop document')],
  [0, ['gimp xcf'], unread('a GIMP document')],
  [0, ['\0\0\x01\0', '\0\0\x02\0'], unread('an icon')],
  [0, ['\x76\x2f\x31\x01'], unread('an OpenEXR image')],
  [0, ['DDS ', 'qoif'], unread('a texture')],
  [128, ['DICM'], unread('a DICOM image')],
  [0, ['\x89PNG'], 'a PNG whose line ends were converted, as FTP does in text mode. download it again'],
  [0, ['PK\x03\x04', 'Rar!', '7z\xbc\xaf', '\x1f\x8b', '\xfd7zXZ', '\x28\xb5\x2f\xfd', 'BZh'], ARCHIVE],
  [257, ['ustar'], ARCHIVE],
  [8, ['AVI '], 'a video, not an image'],
  [0, ['\x1aE\xdf\xa3', '\0\0\x01\xba'], 'a video, not an image'],
  [0, ['\0\x05\x16\x07'], 'macOS metadata (AppleDouble), not an image'],
  [0, ['\x93NUMPY', '\x89HDF'], 'an array of numbers, not an image'],
];

/** Bytes that a text is told from. */
const BEGINNING = 1024;

/** Tabs, line ends, and from the space on. */
const isText = (text: string) => ![...text].some((letter) => letter < ' ' && !'\t\n\r\f'.includes(letter));

/** Says in words what a file is that is none of the formats that are read. */
export function otherKind(file: Uint8Array): string {
  if (file.length === 0) return 'an empty file, 0 bytes';
  const brands = mediaBrands(file);
  if (brands.length > 0) return mediaKind(brands);
  const beginning = textAt(file, 0, BEGINNING).replace(/^\xef\xbb\xbf/, '');
  const text = TEXTS.find(([pattern]) => pattern.test(beginning));
  if (text) return text[1];
  if (file.every((byte) => byte === 0)) return `${file.length} bytes, all of them zero`;
  if (isText(beginning)) {
    const line = Buffer.from(beginning.trim().slice(0, 40), 'latin1').toString();
    return `a text file, not an image: it begins with ${JSON.stringify(line)}`;
  }
  const found = SIGNATURES.find(([at, signatures]) =>
    signatures.some((signature) => textAt(file, at, signature.length) === signature),
  );
  if (found) return found[2];
  const bytes = Buffer.from(file.subarray(0, 8)).toString('hex');
  return `no image of a format that is read: it begins with the bytes ${bytes}`;
}

function mediaKind(brands: string[]): string {
  if (brands.some((brand) => /^(hei[cxms]|hev[cxms])$/.test(brand)))
    return `${unread('a HEIC photograph (HEVC)')}, for example with heif-convert`;
  if (brands[0] === 'crx ') return RAW;
  if (/^(mif1|msf1)$/.test(brands[0]!)) return unread('a HEIF image without AV1');
  return 'a video, not an image';
}
