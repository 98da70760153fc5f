import { mediaBrands, textAt } from './magic.ts';

/** Formats that are read, whatever a file's name says. */
export type Format = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif' | 'bmp';

/** What a file is, by its first bytes: names and extensions lie. */
export type Kind =
  | { is: 'image'; format: Format }
  /** An image of a format that is not read. */
  | { is: 'foreign'; format: string; words?: string }
  | { is: 'compressed'; format: 'gzip' | 'bzip2' | 'xz' | 'zstd' }
  | { is: 'archive'; format: 'tar' | 'zip' }
  /** Something else that is known. `advice`: what to do about it where an image was expected; by default, convert it. */
  | { is: 'other'; words: string; advice?: string }
  /** Its first line. */
  | { is: 'text'; line: string }
  | { is: 'zeros' | 'empty' | 'unknown' };

/** Bytes of a file that tell what it is. */
export const HEAD = 512;

type Test = (head: Buffer, text: string) => boolean;

/** One of these, one character a byte, at a byte. */
const at =
  (offset: number, ...signatures: string[]): Test =>
  (_, text) =>
    signatures.some((signature) => text.startsWith(signature, offset));

/** What stands at the beginning of a text, after a byte order mark where there is one. */
const words =
  (pattern: RegExp): Test =>
  (_, text) =>
    pattern.test(text.replace(/^\xef\xbb\xbf/, ''));

/** ISO media files, by their brands: AVIF is one whichever brand comes first. */
const media =
  (test: (major: string, all: string[]) => boolean): Test =>
  (head) => {
    const brands = mediaBrands(head);
    return brands.length > 0 && test(brands[0]!, brands);
  };
const avif = media(
  (major, all) => /^(avi[fs]|mi[fa]1|msf1)$/.test(major) && all.some((brand) => /^avi[fs]$/.test(brand)),
);

/** A TIFF, classic or big, that is not Canon's raw. */
const tiff: Test = (_, text) => /^(II[*+]\0|MM\0[*+])/.test(text) && !text.startsWith('CR', 8);
const canon: Test = (_, text) => /^II\*\0/.test(text) && text.startsWith('CR\x02', 8);
/** Four bytes that are reserved, zero. */
const bmp: Test = (_, text) => text.startsWith('BM') && text.startsWith('\0\0\0\0', 6);
/** A block follows, or the end where it holds nothing. */
const bzip2: Test = (head, text) =>
  /^BZh[1-9]/.test(text) && ['314159265359', '177245385090'].includes(head.toString('hex', 4, 10));

/** A frame of zstd that is to be skipped. */
const skippable: Test = (head) => /^5.2a4d18/.test(head.toString('hex', 0, 4));

const other = (words: string, advice?: string): Kind => ({ is: 'other', words, advice });
const RAW: Kind = { is: 'foreign', format: 'raw photographs', words: 'a raw photograph' };
const HEIC: Kind = { is: 'foreign', format: 'HEIC', words: 'a HEIC photograph (HEVC)' };
const HEIF: Kind = { is: 'foreign', format: 'HEIF without AV1', words: 'a HEIF image without AV1' };
const PAGE = 'download it again';

/** The first that a file passes a test of is its kind. */
const KINDS: readonly [Kind, ...Test[]][] = [
  [{ is: 'image', format: 'jpeg' }, at(0, '\xff\xd8\xff')],
  [{ is: 'image', format: 'png' }, at(0, '\x89PNG\r\n\x1a\n')],
  [{ is: 'image', format: 'gif' }, at(0, 'GIF87a', 'GIF89a')],
  [{ is: 'image', format: 'webp' }, words(/^RIFF.{4}WEBP/s)],
  [{ is: 'image', format: 'tiff' }, tiff],
  [{ is: 'image', format: 'avif' }, avif],
  [HEIC, media((_, all) => all.some((brand) => /^(hei[cxms]|hev[cxms])$/.test(brand)))],
  [RAW, canon, media((major) => major === 'crx ')],
  [HEIF, media((major) => /^(mif1|msf1)$/.test(major))],
  [other('a video', ''), media(() => true), at(8, 'AVI '), at(0, '\x1aE\xdf\xa3', '\0\0\x01\xba')],
  [{ is: 'image', format: 'bmp' }, bmp],
  [{ is: 'foreign', format: 'JPEG XL' }, at(0, '\xff\x0a', '\0\0\0\x0cJXL ')],
  [{ is: 'foreign', format: 'JPEG 2000' }, at(0, '\0\0\0\x0cjP  ', '\xff\x4f\xff\x51')],
  [{ is: 'foreign', format: 'PNM' }, words(/^P[1-6]\s+(#.*\s+)?\d+\s|^P7\n/)],
  [RAW, at(0, 'IIU\0', 'IIRO', 'IIRS', 'MMOR', 'FUJIFILMCCD-RAW', 'FOVb', '\0MRM')],
  [{ is: 'foreign', format: 'Radiance HDR' }, words(/^#\?R/)],
  [{ is: 'foreign', format: 'FITS' }, words(/^SIMPLE {2}=/)],
  [{ is: 'foreign', format: 'DICOM' }, at(128, 'DICM')],
  [{ is: 'foreign', format: 'OpenEXR', words: 'an OpenEXR image' }, at(0, '\x76\x2f\x31\x01')],
  [other('a Git LFS pointer', 'git lfs pull fetches the file'), words(/^version https:\/\/git-lfs/)],
  [other('an HTML page', PAGE), words(/^\s*<(!doctype html|html|head|body)/i)],
  [other('an SVG drawing'), words(/^\s*<([\s\S]*<)?svg[\s>]/i)],
  [other('an XML document', PAGE), words(/^\s*<\?xml/i)],
  [other('a PDF document'), words(/^%PDF/)],
  [other('a PostScript document'), words(/^%!PS/)],
  [other('a Photoshop document'), at(0, '8BPS')],
  [other('a GIMP document'), at(0, 'gimp xcf')],
  [other('an icon'), at(0, '\0\0\x01\0', '\0\0\x02\0')],
  [other('a texture'), at(0, 'DDS ', 'qoif')],
  [other('a PNG whose line ends were converted, as FTP does in text mode', PAGE), at(0, '\x89PNG')],
  [other('macOS metadata (AppleDouble)', ''), at(0, '\0\x05\x16\x07')],
  [{ is: 'compressed', format: 'gzip' }, at(0, '\x1f\x8b\x08')],
  [{ is: 'compressed', format: 'bzip2' }, bzip2],
  [{ is: 'compressed', format: 'xz' }, at(0, '\xfd7zXZ\0')],
  [{ is: 'compressed', format: 'zstd' }, at(0, '\x28\xb5\x2f\xfd'), skippable],
  [{ is: 'archive', format: 'zip' }, at(0, 'PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08')],
  [{ is: 'archive', format: 'tar' }, at(257, 'ustar')],
  [other('a 7-Zip archive', 'unpack it'), at(0, '7z\xbc\xaf\x27\x1c')],
  [other('a RAR archive', 'unpack it'), at(0, 'Rar!')],
  [other('an lz4 file', 'unpack it'), at(0, '\x04\x22\x4d\x18')],
  [other('an lzip file', 'unpack it'), at(0, 'LZIP')],
  [other('a file of compress', 'unpack it'), at(0, '\x1f\x9d')],
  [other('a file of lzma', 'unpack it'), at(0, '\x5d\0\0')],
  [other('a Parquet file', ''), at(0, 'PAR1')],
  [other('an HDF5 or MATLAB file', ''), at(0, '\x89HDF\r\n\x1a\n', 'MATLAB 5')],
  [other('a NumPy array', ''), at(0, '\x93NUMPY')],
];

/** Tells what a file is from its first HEAD bytes, fewer where it is shorter; of zeros, whether all that are given are. */
export function kindOf(file: Uint8Array): Kind {
  const head = Buffer.from(file.buffer, file.byteOffset, Math.min(file.length, HEAD));
  const text = textAt(head, 0, HEAD);
  const known = KINDS.find(([, ...tests]) => tests.some((test) => test(head, text)));
  if (known) return known[0];
  if (head.length === 0) return { is: 'empty' };
  if (file.every((byte) => byte === 0)) return { is: 'zeros' };
  // Tabs, line ends, and from the space on. A letter of several bytes may be cut at the end.
  if ([...text].some((letter) => letter < ' ' && !'\t\n\r\f'.includes(letter))) return { is: 'unknown' };
  const line = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim()
    .split('\n')[0]!
    .trim();
  return /^[^\p{Cc}\ufffd]+\ufffd?$/u.test(line) ? { is: 'text', line } : { is: 'unknown' };
}
