import { isTarHeader } from './archive/tar-header.ts';

/** What a file is, by its first bytes: names and extensions lie. */
export type Content =
  | { kind: 'compressed'; format: 'gzip' | 'bzip2' | 'xz' | 'zstd' }
  | { kind: 'archive'; format: 'tar' | 'zip' }
  /** One that sharp reads. */
  | { kind: 'image' }
  /** One that it does not. */
  | { kind: 'foreign'; format: string }
  /** Anything else, in words. */
  | { kind: 'other'; what: string };

/** Bytes of a file that tell what it is. */
export const HEAD = 512;

type Test = (head: Buffer, text: string) => boolean;

const bytes =
  (hex: string, at = 0): Test =>
  (head) =>
    head.toString('hex', at, at + hex.length / 2) === hex;

const words =
  (pattern: RegExp): Test =>
  (_head, text) =>
    pattern.test(text);

/** The kinds of ISO media files: what follows `ftyp` at byte 4. */
const ftyp =
  (brands: RegExp): Test =>
  (_head, text) =>
    text.slice(4, 8) === 'ftyp' && brands.test(text.slice(8, 12));

const bmp: Test = (head, text) =>
  text.startsWith('BM') && head.length >= 18 && [12, 40, 52, 56, 64, 108, 124].includes(head.readUInt32LE(14));

/** A block, or the end where it holds nothing. */
const bzip2: Test = (head, text) =>
  /^BZh[1-9]/.test(text) && ['314159265359', '177245385090'].includes(head.toString('hex', 4, 10));

const KINDS: [Content, ...Test[]][] = [
  [{ kind: 'image' }, bytes('ffd8ff'), bytes('89504e470d0a1a0a'), words(/^GIF8[79]a/), words(/^RIFF.{4}WEBP/s)],
  [{ kind: 'image' }, bytes('49492a00'), bytes('4d4d002a'), bytes('49492b00'), bytes('4d4d002b'), ftyp(/^avi[fs]/)],
  [{ kind: 'foreign', format: 'HEIC' }, ftyp(/^(hei[cxms]|hev[cx]|mif1|msf1)/)],
  [{ kind: 'foreign', format: 'BMP' }, bmp],
  [{ kind: 'foreign', format: 'JPEG XL' }, bytes('ff0a'), bytes('0000000c4a584c20')],
  [{ kind: 'foreign', format: 'JPEG 2000' }, bytes('0000000c6a502020'), bytes('ff4fff51')],
  [{ kind: 'foreign', format: 'PNM' }, words(/^P[1-6]\s+(#.*\s+)?\d+\s/)],
  [{ kind: 'compressed', format: 'gzip' }, bytes('1f8b08')],
  [{ kind: 'compressed', format: 'bzip2' }, bzip2],
  [{ kind: 'compressed', format: 'xz' }, bytes('fd377a585a00')],
  [{ kind: 'compressed', format: 'zstd' }, bytes('28b52ffd'), (head) => /^5.2a4d18/.test(head.toString('hex', 0, 4))],
  [{ kind: 'archive', format: 'zip' }, bytes('504b0304'), bytes('504b0506'), bytes('504b0708')],
  [{ kind: 'archive', format: 'tar' }, isTarHeader],
  [{ kind: 'other', what: 'a 7-Zip archive' }, bytes('377abcaf271c')],
  [{ kind: 'other', what: 'a RAR archive' }, words(/^Rar!/)],
  [{ kind: 'other', what: 'an lz4 file' }, bytes('04224d18')],
  [{ kind: 'other', what: 'an lzip file' }, words(/^LZIP/)],
  [{ kind: 'other', what: 'a file of compress' }, bytes('1f9d')],
  [{ kind: 'other', what: 'a file of lzma' }, bytes('5d0000')],
  [{ kind: 'other', what: 'a Parquet file' }, words(/^PAR1/)],
  [{ kind: 'other', what: 'an HDF5 or MATLAB file' }, bytes('894844460d0a1a0a'), words(/^MATLAB 5/)],
  [{ kind: 'other', what: 'a PDF' }, words(/^%PDF/)],
  [{ kind: 'other', what: 'a Git LFS pointer (git lfs pull fetches the file)' }, words(/^version https:\/\/git-lfs/)],
  [{ kind: 'other', what: 'an HTML page' }, words(/^[\s\xef\xbb\xbf]*<(!doctype html|html|head|body|!--)/i)],
  [{ kind: 'other', what: 'an XML page' }, words(/^[\s\xef\xbb\xbf]*<\?xml/i)],
];

/** Tells what a file is from its first HEAD bytes (fewer where it is shorter). */
export function contentOf(head: Uint8Array): Content {
  const buffer = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, HEAD));
  const text = buffer.toString('latin1');
  const known = KINDS.find(([, ...tests]) => tests.some((test) => test(buffer, text)));
  if (known) return known[0];
  if (buffer.length === 0) return { kind: 'other', what: 'empty' };
  if (buffer.every((byte) => byte === 0)) return { kind: 'other', what: 'nothing but zeros, as an empty tar is' };
  const line = buffer.toString('utf8').trim().split('\n')[0]!.trim();
  const printable = /^[^\p{Cc}\ufffd]+$/u.test(line);
  return { kind: 'other', what: printable ? `text: ${JSON.stringify(line.slice(0, 60))}` : 'of an unknown kind' };
}
