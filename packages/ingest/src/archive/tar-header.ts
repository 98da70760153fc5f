const BLOCK = 512;

/** The header of a member of a tar archive (POSIX ustar, v7 and GNU). */
export interface TarHeader {
  /** Bytes of its name; tar knows no encoding. */
  path: Buffer;
  /** Of a link: bytes of the name that it leads to. */
  target: Buffer;
  /** Bytes of content. */
  size: number;
  /** POSIX's typeflag, a character; `\0` is a file. */
  type: string;
}

/** A text field of a header, up to its first zero byte. */
function field(header: Buffer, from: number, length: number): Buffer {
  const bytes = header.subarray(from, from + length);
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** An octal number, padded with zeros or spaces, or GNU's binary one; NaN for anything else. */
function number(header: Buffer, from: number, length: number): number {
  if (header[from] === 0x80) return Number(`0x${header.toString('hex', from + 1, from + length)}`);
  const digits = field(header, from, length).toString('latin1').trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** Sum of the header's bytes, with spaces in place of the sum itself (8 bytes at 148); some old writers took them as signed. */
function hasChecksum(header: Buffer): boolean {
  let [sum, signed] = [8 * 0x20, 8 * 0x20];
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) continue;
    sum += header[i]!;
    signed += header.readInt8(i);
  }
  const wanted = number(header, 148, 8);
  return wanted === sum || wanted === signed;
}

/** Whether a block of 512 bytes is the header of a member. */
export const isTarHeader = (block: Buffer): boolean => block.length >= BLOCK && hasChecksum(block);

/** Reads a block of 512 bytes; undefined where it is no header. */
export function readTarHeader(block: Buffer): TarHeader | undefined {
  if (!isTarHeader(block)) return undefined;
  const size = number(block, 124, 12);
  if (Number.isNaN(size)) return undefined;
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? field(block, 345, 155) : Buffer.alloc(0);
  const name = field(block, 0, 100);
  return {
    path: prefix.length > 0 ? Buffer.concat([prefix, Buffer.from('/'), name]) : name,
    target: field(block, 157, 100),
    size,
    type: String.fromCharCode(block[156]!),
  };
}

/** The records of an extended header (POSIX pax): `<length> <key>=<value>\n`, the length in decimal, of the whole record. */
export function readPax(bytes: Buffer): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(' ', at);
    const length = Number(bytes.toString('latin1', at, space));
    const equals = bytes.indexOf('=', space);
    if (space < 0 || equals < 0 || !(length > equals - at) || at + length > bytes.length) break;
    records.set(bytes.toString('utf8', space + 1, equals), bytes.subarray(equals + 1, at + length - 1));
    at += length;
  }
  return records;
}
