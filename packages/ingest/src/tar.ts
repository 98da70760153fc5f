import { UserError } from '@simclr/stage';

const BLOCK = 512;

/** A text field of a header, up to its first zero byte. */
function text(header: Uint8Array, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('utf8');
}

/** An octal number, padded with zeros or spaces; NaN for anything else. */
const octal = (header: Uint8Array, from: number, length: number): number => {
  const digits = text(header, from, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
};

/** Sum of the header's bytes, with spaces in place of the sum itself (8 bytes at 148). */
function checksum(header: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!;
  return sum;
}

/**
 * The regular files of a tar archive (POSIX ustar) by their paths, as views of `bytes`: blocks of 512 bytes, a header and
 * then the content of each member, to a block of zeros. Folders, links and extended headers (pax, GNU) are passed over;
 * names of more than 255 bytes need those.
 *
 * @param name of the archive, for errors
 */
export function readTar(bytes: Uint8Array, name: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.length < BLOCK) throw truncated(name, 'ends within a header');
    if (header.every((byte) => byte === 0)) break;
    const size = octal(header, 124, 12);
    if (octal(header, 148, 8) !== checksum(header) || Number.isNaN(size))
      throw new UserError(`invalid tar archive: ${name} has no header at byte ${at}. fetch it again`);
    const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
    const path = `${prefix && `${prefix}/`}${text(header, 0, 100)}`;
    const from = at + BLOCK;
    if (from + size > bytes.length) throw truncated(name, `${path} has ${bytes.length - from} of ${size} bytes`);
    const type = String.fromCharCode(header[156]!);
    if (type === '0' || type === '\0') files.set(path, bytes.subarray(from, from + size));
    at = from + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

const truncated = (name: string, how: string) =>
  new UserError(`truncated tar archive: ${name}, ${how}. fetch it again`);
