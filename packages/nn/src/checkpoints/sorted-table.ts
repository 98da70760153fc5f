import { UserError } from '@simclr/stage';
import { crc32c, maskCrc } from './crc32c.ts';
import { readVarint } from './protobuf.ts';

/** Two block handles, padding, magic number. */
const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** After a block: one byte that names its compression, four of checksum. */
const TRAILER_BYTES = 5;

/**
 * The entries of a sorted string table, as LevelDB defines it and TensorFlow writes the index of a checkpoint
 * (tsl/lib/io/table.h). Throws UserError where it is damaged or compressed, which TensorFlow never does.
 */
export function readSortedTable(file: Buffer, path: string): Map<string, Uint8Array> {
  const damaged = new UserError(`damaged or cut off: ${path}. copy the checkpoint again`);
  const footer = file.length - FOOTER_BYTES;
  if (footer < 0 || file.readBigUInt64LE(file.length - 8) !== MAGIC) {
    throw new UserError(`not the index of a TensorFlow checkpoint, or cut off: ${path}`);
  }
  const block = (handle: Uint8Array, at = 0): Uint8Array => {
    const [offset, afterOffset] = readVarint(handle, at);
    const [size] = readVarint(handle, afterOffset);
    const end = offset + size;
    if (end + TRAILER_BYTES > file.length) throw damaged;
    if (file.readUInt32LE(end + 1) !== maskCrc(crc32c(file.subarray(offset, end + 1)))) throw damaged;
    if (file[end] !== 0) throw new UserError(`unsupported compression: ${path}. save the checkpoint again without`);
    return file.subarray(offset, end);
  };
  try {
    const metaOffset = readVarint(file, footer)[1];
    const indexHandle = readVarint(file, metaOffset)[1];
    const entries = new Map<string, Uint8Array>();
    for (const [, handle] of readBlock(block(file, indexHandle))) {
      for (const [key, value] of readBlock(block(handle))) entries.set(key, value);
    }
    return entries;
  } catch (error) {
    throw error instanceof RangeError ? damaged : error;
  }
}

/** Entries of a block: each key as what it does not share with the one before; restart points at the end. */
function* readBlock(block: Uint8Array): Generator<[key: string, value: Uint8Array]> {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const end = block.length - 4 * (view.getUint32(block.length - 4, true) + 1);
  let key = Buffer.alloc(0);
  for (let at = 0; at < end; ) {
    const [shared, a] = readVarint(block, at);
    const [unshared, b] = readVarint(block, a);
    const [size, start] = readVarint(block, b);
    key = Buffer.concat([key.subarray(0, shared), block.subarray(start, start + unshared)]);
    at = start + unshared + size;
    if (at > end) throw new RangeError('an entry is longer than its block');
    yield [key.toString('utf8'), block.subarray(start + unshared, at)];
  }
}
