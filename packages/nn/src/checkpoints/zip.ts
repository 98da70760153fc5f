import { statSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { UserError } from '@simclr/stage';
import { readRange } from './checkpoint.ts';

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const MAX_COMMENT = 65535;

interface ZipEntry {
  /** 0: stored, 8: deflated. */
  method: number;
  /** In the archive, and unpacked. */
  packed: number;
  size: number;
  crc: number;
  /** Of its local header. */
  offset: number;
}

/** Deflate never packs closer than that. */
const MAX_RATIO = 1032;

/** A zip archive of entries that are stored or deflated, and read one by one. */
export interface ZipArchive {
  names: string[];
  /** Bytes of an entry, unpacked; 0 where there is none such. */
  sizeOf(name: string): number;
  /** Throws UserError where there is no such entry, or its checksum does not hold. */
  read(name: string): Uint8Array;
}

/** Opens an archive, zip64 too (PKWARE's APPNOTE 6.3). Throws UserError where it is damaged or cut off. */
export function openZip(path: string): ZipArchive {
  const damaged = (what: string) => new UserError(`damaged or cut off: ${path}, ${what}. copy the file again`);
  const entries = readDirectory(path, damaged);
  return {
    names: [...entries.keys()],
    sizeOf: (name) => entries.get(name)?.size ?? 0,
    read(name) {
      const entry = entries.get(name);
      if (!entry) throw damaged(`no entry ${name}`);
      const { method, packed, size } = entry;
      if (method !== 0 && method !== 8)
        throw new UserError(
          `unsupported compression: method ${method} of ${name} in ${path}. allowed: stored, deflated`,
        );
      const header = Buffer.from(readRange(path, entry.offset, 30).buffer);
      const start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
      const inFile = readRange(path, start, packed);
      const bytes = method === 0 ? inFile : inflate(inFile, size);
      if (bytes?.length !== size || crc32(bytes) !== entry.crc) throw damaged(`entry ${name}`);
      return bytes;
    },
  };
}

/** @returns undefined where the bytes are damaged, or more than `size` */
function inflate(packed: Uint8Array, size: number): Uint8Array | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) });
  } catch {
    return undefined;
  }
}

function readDirectory(path: string, damaged: (what: string) => UserError): Map<string, ZipEntry> {
  const { size: fileSize } = statSync(path);
  const tailBytes = Math.min(fileSize, END_BYTES + MAX_COMMENT + LOCATOR_BYTES);
  const tail = Buffer.from(readRange(path, fileSize - tailBytes, tailBytes).buffer);
  let end = tail.length - END_BYTES;
  while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
  if (end < 0) {
    throw new UserError(
      `cut off: ${path} has ${fileSize} bytes, and not the directory that an archive ends with. copy the file again`,
    );
  }
  let [size, offset] = [tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  const locator = end - LOCATOR_BYTES;
  if (locator >= 0 && tail.readUInt32LE(locator) === LOCATOR_64) {
    const record = Buffer.from(readRange(path, Number(tail.readBigUInt64LE(locator + 8)), 56).buffer);
    if (record.readUInt32LE(0) !== END_64) throw damaged('its directory');
    [size, offset] = [Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))];
  }
  const entries = new Map<string, ZipEntry>();
  const directory = Buffer.from(readRange(path, offset, size).buffer);
  try {
    for (let at = 0; at < directory.length; ) {
      if (directory.readUInt32LE(at) !== ENTRY) throw damaged('its directory');
      const [name, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field)) as [
        number,
        number,
        number,
      ];
      const extras = directory.subarray(at + 46 + name, at + 46 + name + extra);
      const method = directory.readUInt16LE(at + 10);
      const fields = wideFields(directory.subarray(at, at + 46), extras);
      const { packed, size: unpacked, offset: start } = fields;
      const isPossible = method === 0 ? unpacked === packed : unpacked <= packed * MAX_RATIO;
      if (!isPossible || start + packed > fileSize) throw damaged('its directory');
      const crc = directory.readUInt32LE(at + 16);
      entries.set(directory.toString('utf8', at + 46, at + 46 + name), { method, crc, ...fields });
      at += 46 + name + extra + comment;
    }
  } catch (error) {
    throw error instanceof RangeError ? damaged('its directory') : error;
  }
  return entries;
}

/** Size and offset of an entry; those that 32 bits do not hold are in its zip64 field, in the order of the header's. */
function wideFields(header: Buffer, extras: Buffer): Pick<ZipEntry, 'packed' | 'size' | 'offset'> {
  const [packed, size, offset] = [20, 24, 42].map((field) => header.readUInt32LE(field)) as [number, number, number];
  const wide = { packed, size, offset };
  for (let at = 0; at + 4 <= extras.length; at += 4 + extras.readUInt16LE(at + 2)) {
    if (extras.readUInt16LE(at) !== 1) continue;
    let next = at + 4;
    const take = (value: number): number => {
      if (value !== 0xffffffff) return value;
      next += 8;
      return Number(extras.readBigUInt64LE(next - 8));
    };
    wide.size = take(size);
    wide.packed = take(packed);
    wide.offset = take(offset);
  }
  return wide;
}
