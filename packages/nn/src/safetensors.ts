import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
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
 * rename. Equal trees give equal bytes: entries keep the tree's order, metadata is sorted.
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
  writeFileAtomic(path, Buffer.concat([length, head, ...parts]));
}

/** float64 and the 16-bit types become float32; int64 and smaller integers int32. */
const READERS: Record<
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

function readHeader(path: string): { header: Record<string, unknown>; start: number; size: number } {
  if (!existsSync(path)) throw new UserError(`missing file: ${path}`);
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const length = Buffer.alloc(8);
    const wanted = size >= 8 && readSync(file, length, 0, 8, 0) === 8 ? Number(length.readBigUInt64LE()) : -1;
    if (wanted < 2 || 8 + wanted > size) throw new UserError(`not a safetensors file, or cut off: ${path}`);
    const head = Buffer.alloc(wanted);
    readSync(file, head, 0, wanted, 8);
    return { header: JSON.parse(head.toString('utf8')) as Record<string, unknown>, start: 8 + wanted, size };
  } catch (error) {
    if (error instanceof SyntaxError) throw new UserError(`not a safetensors file, or cut off: ${path}`);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Reads a safetensors file. Throws UserError in one line where it is missing, cut off, or holds a type that we do not read. */
export function loadSafetensors(path: string): { tensors: Tree; metadata: Record<string, string> } {
  const { header, start, size } = readHeader(path);
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, Entry> & {
    __metadata__?: Record<string, string>;
  };
  const bytes = readFileSync(path);
  const tensors: Tree = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const reader = READERS[dtype];
    if (!reader)
      throw new UserError(
        `unsupported type: ${dtype} of ${name} in ${path}. allowed: ${Object.keys(READERS).join(', ')}`,
      );
    const count = sizeOf(shape);
    const [from, to] = data_offsets;
    if (to - from !== count * reader.bytes || start + to > size)
      throw new UserError(`cut off or damaged: ${path}, tensor ${name}`);
    const view = new DataView(bytes.buffer, bytes.byteOffset + start + from, to - from);
    const data = reader.dtype === 'float32' ? new Float32Array(count) : new Int32Array(count);
    if (dtype === 'F32' || dtype === 'I32') new Uint8Array(data.buffer).set(bytes.subarray(start + from, start + to));
    else for (let i = 0; i < count; i++) data[i] = reader.at(view, i * reader.bytes);
    tensors[name] = { shape, dtype: reader.dtype, data };
  }
  return { tensors, metadata };
}
