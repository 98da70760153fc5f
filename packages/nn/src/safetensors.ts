import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { sizeOf, type TensorData, type Tree } from '@simclr/tensorflow/tensors';

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

/** float64 and the 16-bit floats become float32; all integers and booleans int32. */
export const READERS: Record<
  string,
  { bytes: number; dtype: TensorData['dtype']; at: (view: DataView, offset: number) => number }
> = {
  F32: { bytes: 4, dtype: 'float32', at: (view, o) => view.getFloat32(o, true) },
  F64: { bytes: 8, dtype: 'float32', at: (view, o) => view.getFloat64(o, true) },
  BF16: { bytes: 2, dtype: 'float32', at: (view, o) => bfloat16(view.getUint16(o, true)) },
  F16: { bytes: 2, dtype: 'float32', at: (view, o) => float16(view.getUint16(o, true)) },
  I32: { bytes: 4, dtype: 'int32', at: (view, o) => view.getInt32(o, true) },
  I16: { bytes: 2, dtype: 'int32', at: (view, o) => view.getInt16(o, true) },
  I8: { bytes: 1, dtype: 'int32', at: (view, o) => view.getInt8(o) },
  I64: { bytes: 8, dtype: 'int32', at: (view, o) => Number(view.getBigInt64(o, true)) },
  U8: { bytes: 1, dtype: 'int32', at: (view, o) => view.getUint8(o) },
  BOOL: { bytes: 1, dtype: 'int32', at: (view, o) => view.getUint8(o) },
};

/** How to read a type, by safetensors' name of it; undefined for those that we do not read. */
export const readerOf = (type: string) => (Object.hasOwn(READERS, type) ? READERS[type] : undefined);

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
    const [from, to] = entry.data_offsets;
    const width = readerOf(entry.dtype)?.bytes;
    // Of types that we do not read the width is not known: that matters where one is asked for.
    if (from > to || (width && to - from !== sizeOf(entry.shape) * width)) throw damaged(name);
    return [name, entry];
  });
  const total = entries.reduce((most, [, { data_offsets }]) => Math.max(most, data_offsets[1]), 0);
  if (total > dataBytes)
    throw new UserError(`cut off: ${path} has ${dataBytes} bytes of tensors, expected ${total}. copy the file again`);
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

function readTensor(path: string, name: string, { dtype, shape, data_offsets }: Entry, start: number): TensorData {
  const reader = readerOf(dtype);
  if (!reader) {
    const allowed = Object.keys(READERS).join(', ');
    throw new UserError(`unsupported type: ${dtype} of ${name} in ${path}. allowed: ${allowed}`);
  }
  const count = sizeOf(shape);
  const data = reader.dtype === 'float32' ? new Float32Array(count) : new Int32Array(count);
  const isPlain = dtype === 'F32' || dtype === 'I32';
  const bytes = isPlain ? new Uint8Array(data.buffer) : new Uint8Array(count * reader.bytes);
  const file = openSync(path, 'r');
  try {
    readAt(file, bytes, start + data_offsets[0]);
  } finally {
    closeSync(file);
  }
  if (isPlain) return { shape, dtype: reader.dtype, data };
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const value = reader.at(view, i * reader.bytes);
    data[i] = value;
    if (reader.dtype === 'int32' && data[i] !== value)
      throw new UserError(`too large for int32: ${value} in ${name} of ${path}`);
  }
  return { shape, dtype: reader.dtype, data };
}

/** A safetensors file whose tensors are read one by one. */
export interface SafetensorsFile {
  metadata: Record<string, string>;
  /** By name, in the header's order. */
  shapes: ReadonlyMap<string, readonly number[]>;
  /** Throws UserError for a type that we do not read, or an integer beyond int32. */
  read(name: string): TensorData;
}

/** Opens a safetensors file. Throws UserError in one line where it is missing, cut off or damaged. */
export function openSafetensors(path: string): SafetensorsFile {
  if (!existsSync(path)) throw new UserError(`missing file: ${path}`);
  const file = openSync(path, 'r');
  try {
    const { header, start, size } = readHeader(file, path);
    const { __metadata__, ...rest } = header;
    const metadata = __metadata__ ?? {};
    if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string'))
      throw new UserError(`damaged: ${path}, its metadata is not text`);
    const entries = new Map(checkEntries(rest, size - start, path));
    return {
      metadata: metadata as Record<string, string>,
      shapes: new Map([...entries].map(([name, { shape }]) => [name, shape])),
      read: (name) => readTensor(path, name, entries.get(name)!, start),
    };
  } finally {
    closeSync(file);
  }
}

/** Reads a safetensors file whole. Throws UserError as `openSafetensors` and its `read` do. */
export function loadSafetensors(path: string): { tensors: Tree; metadata: Record<string, string> } {
  const { metadata, shapes, read } = openSafetensors(path);
  return { tensors: Object.fromEntries([...shapes.keys()].map((name) => [name, read(name)])), metadata };
}
