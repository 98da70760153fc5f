import { mediaBrands, textAt } from './magic.ts';
import { otherKind } from './other-kinds.ts';

/** Formats that are read, whatever a file's name says. */
export type Format = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif';

const isAvif = (file: Uint8Array): boolean => {
  const brands = mediaBrands(file);
  return /^(avi[fs]|mi[fa]1|msf1)$/.test(brands[0] ?? '') && brands.some((brand) => /^avi[fs]$/.test(brand));
};

const SIGNATURES: [Format, (file: Uint8Array) => boolean][] = [
  ['jpeg', (file) => textAt(file, 0, 3) === '\xff\xd8\xff'],
  ['png', (file) => textAt(file, 0, 8) === '\x89PNG\r\n\x1a\n'],
  ['gif', (file) => /^GIF8[79]a/.test(textAt(file, 0, 6))],
  ['webp', (file) => textAt(file, 0, 4) === 'RIFF' && textAt(file, 8, 4) === 'WEBP'],
  // The classic one, and BigTIFF.
  ['tiff', (file) => /^(II[*+]\0|MM\0[*+])/.test(textAt(file, 0, 4)) && textAt(file, 8, 2) !== 'CR'],
  ['avif', isAvif],
];

/**
 * The format of a file by its first bytes.
 * @throws Error that says in words what the file is instead
 */
export function imageFormat(file: Uint8Array): Format {
  const found = SIGNATURES.find(([, matches]) => matches(file));
  if (found) return found[0];
  throw new Error(otherKind(file));
}
