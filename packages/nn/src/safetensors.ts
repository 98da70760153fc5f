import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { sizeOf, type TensorData, type Tree } from '@simclr/tensorflow';

/** A tensor's place in the file, as the format's header has it. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

const NAMES = { float32: 'F32', int32: 'I32' } as const;

/**
 * Writes tensors in the safetensors format (8 bytes of header length, JSON header, row-major little-endian data), by
 * rename. Equal trees give equal bytes: entries keep the tree's order, metadata is sorted. Of any size, without
 * a copy of the data.
 */
export function saveSafetensors(path: string, tree: Tree, metadata: Record<string, string> = {}): void {
  const header: Record<string, unknown> = {};
  const sorted = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length > 0) header.__metadata__ = Object.fromEntries(sorted);
  let offset = 0;
  for (const [name, { shape, dtype, data }] of Object.entries(tree)) {
    header[name] = { dtype: NAMES[dtype], shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = JSON.stringify(header);
  // Spaces bring the data to a multiple of 8 bytes, as the format advises.
  const head = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  const parts = Object.values(tree).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  writeFileAtomic(path, [length, head, ...parts]);
}

/** float64 and the 16-bit types become float32; int64 and smaller integers int32. */
export const READERS: Record<
  string,
  { bytes: number; dtype: TensorData['dtype']; at: (view: DataView, offset: number) => number }
> = {
  F32: { bytes: 4, dtype: 'float32', at: (view, o) => view.getFloat32(o, true) },
  F64: { bytes: 8, dtype: 'float32', at: (view, o) => view.getFloat64(o, true) },
  BF16: { bytes: 2, dtype: 'float32', at: (view, o) => bfloat16(view.getUint16(o, true)) },
  F16: { bytes: 2, dtype: 'float32', at: (view, o) => float16(view.getUint16(o, true)) },
  I32: { bytes: 4, dtype: 'int32', at: (view, o) => view.getInt32(o, true) },
  I64: { bytes: 8, dtype: 'int32', at: (view, o) => Number(view.getBigInt64(o, true)) },
  U8: { bytes: 1, dtype: 'int32', at: (view, o) => view.getUint8(o) },
};

const scratch = new DataView(new ArrayBuffer(4));

function bfloat16(bits: number): number {
  scratch.setUint32(0, bits << 16);
  return scratch.getFloat32(0);
}

function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** Reads `bytes.length` bytes at a position; in pieces, since one call takes less than 2 GiB. */
export function readAt(file: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(file, bytes, at, Math.min(bytes.length - at, 2 ** 30), position + at);
    if (read === 0) throw new Error(`the file ends at byte ${position + at}`);
    at += read;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);

function isEntry(value: unknown): value is Entry {
  if (!isRecord(value) || typeof value.dtype !== 'string' || !isSizes(value.shape)) return false;
  return isSizes(value.data_offsets) && value.data_offsets.length === 2;
}

/** The header of an open file, and where the data starts. */
function readHeader(file: number, path: string): { header: Record<string, unknown>; start: number; size: number } {
  const broken = new UserError(`not a safetensors file, or cut off: ${path}`);
  const { size } = fstatSync(file);
  if (size < 8) throw broken;
  const length = Buffer.alloc(8);
  readAt(file, length, 0);
  const bytes = Number(length.readBigUInt64LE());
  if (bytes < 2 || 8 + bytes > size) throw broken;
  const text = Buffer.alloc(bytes);
  readAt(file, text, 8);
  let header: unknown;
  try {
    header = JSON.parse(text.toString('utf8'));
  } catch {
    throw broken;
  }
  if (!isRecord(header)) throw broken;
  return { header, start: 8 + bytes, size };
}

/** Checks every entry, and that the tensors fill the data without gap or overlap, as the format demands. */
function checkEntries(header: Record<string, unknown>, dataBytes: number, path: string): [string, Entry][] {
  const damaged = (name: string) => new UserError(`cut off or damaged: ${path}, tensor ${name}`);
  const entries = Object.entries(header).map(([name, entry]): [string, Entry] => {
    if (!isEntry(entry)) throw damaged(name);
    const reader = READERS[entry.dtype];
    if (!reader) {
      const allowed = Object.keys(READERS).join(', ');
      throw new UserError(`unsupported type: ${entry.dtype} of ${name} in ${path}. allowed: ${allowed}`);
    }
    const [from, to] = entry.data_offsets;
    if (to - from !== sizeOf(entry.shape) * reader.bytes || to > dataBytes) throw damaged(name);
    return [name, entry];
  });
  let end = 0;
  const inFile = ([, a]: [string, Entry], [, b]: [string, Entry]) =>
    a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1];
  for (const [name, { data_offsets }] of entries.toSorted(inFile)) {
    if (data_offsets[0] !== end) throw damaged(name);
    end = data_offsets[1];
  }
  if (end !== dataBytes) throw new UserError(`damaged: ${path} has ${dataBytes - end} bytes that belong to no tensor`);
  return entries;
}

function readTensor(file: number, path: string, name: string, { dtype, shape, data_offsets }: Entry, start: number) {
  const reader = READERS[dtype]!;
  const count = sizeOf(shape);
  const data = reader.dtype === 'float32' ? new Float32Array(count) : new Int32Array(count);
  if (dtype === 'F32' || dtype === 'I32') {
    readAt(file, new Uint8Array(data.buffer), start + data_offsets[0]);
    return { shape, dtype: reader.dtype, data };
  }
  const bytes = new Uint8Array(count * reader.bytes);
  readAt(file, bytes, start + data_offsets[0]);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const value = reader.at(view, i * reader.bytes);
    data[i] = value;
    if (reader.dtype === 'int32' && data[i] !== value)
      throw new UserError(`too large for int32: ${value} in ${name} of ${path}`);
  }
  return { shape, dtype: reader.dtype, data };
}

/**
 * Reads a safetensors file. Throws UserError in one line where it is missing, cut off or damaged, or holds a type or an
 * integer that we do not read.
 */
export function loadSafetensors(path: string): { tensors: Tree; metadata: Record<string, string> } {
  if (!existsSync(path)) throw new UserError(`missing file: ${path}`);
  const file = openSync(path, 'r');
  try {
    const { header, start, size } = readHeader(file, path);
    const { __metadata__: metadata = {}, ...rest } = header;
    if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
      throw new UserError(`damaged: ${path}, its metadata is not text`);
    const entries = checkEntries(rest, size - start, path);
    const tensors = Object.fromEntries(
      entries.map(([name, entry]) => [name, readTensor(file, path, name, entry, start)]),
    );
    return { tensors, metadata: metadata as Record<string, string> };
  } finally {
    closeSync(file);
  }
}
