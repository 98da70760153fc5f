import { existsSync, readFileSync, statSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import { sizeOf } from '@simclr/tensorflow/tensors';
import { READERS } from '../safetensors.ts';
import { type Checkpoint, decode, readRange } from './checkpoint.ts';
import { crc32c, maskCrc } from './crc32c.ts';
import { refusePlaceholder } from './file-kind.ts';
import { OBJECT_GRAPH, variableNames } from './object-graph.ts';
import { fieldsOf, readVarint } from './protobuf.ts';
import { readSortedTable } from './sorted-table.ts';

/** TensorFlow's numbers of types (types.proto), as safetensors names them. */
const TYPES: Record<number, string> = { 1: 'F32', 2: 'F64', 3: 'I32', 4: 'U8', 9: 'I64', 14: 'BF16', 19: 'F16' };
const STRING = 7;

/** A BundleEntryProto: where a tensor's bytes are. */
interface Entry {
  type: number;
  shape: number[];
  shard: number;
  offset: number;
  size: number;
  crc: number;
  sliced: boolean;
}

/**
 * Opens a TensorFlow checkpoint, TF1's (`tf.train.Saver`, V2) or the variables of a SavedModel: `<prefix>.index` and
 * `<prefix>.data-00000-of-00001` (tensorflow/core/util/tensor_bundle). Where it has an object graph (TF2), variables go
 * by the names they had in their program. Every tensor's checksum is checked as it is read.
 *
 * @throws UserError where a file is missing or damaged
 */
export function openTensorBundle(prefix: string): Checkpoint {
  const index = `${prefix}.index`;
  const { entries, shards } = readIndex(index);
  const fileOf = (shard: number) => `${prefix}.data-${digits(shard)}-of-${digits(shards)}`;
  requireShards([...entries.values()], fileOf, index);
  const bytesOf = (key: string): Uint8Array => {
    const { shard, offset, size } = entries.get(key)!;
    return readRange(fileOf(shard), offset, size);
  };
  const damaged = (key: string) => new UserError(`damaged: ${prefix}, tensor ${key}. copy the checkpoint again`);

  let keys = new Map([...entries.keys()].map((key) => [key, key]));
  if (entries.has(OBJECT_GRAPH)) {
    const graph = readString(bytesOf(OBJECT_GRAPH), entries.get(OBJECT_GRAPH)!.crc);
    if (!graph) throw damaged(OBJECT_GRAPH);
    keys = variableNames(graph, index);
  }
  const shapes = [...keys].flatMap(([name, key]) => {
    const entry = entries.get(key);
    return entry && entry.type !== STRING ? [[name, entry.shape] as const] : [];
  });

  return {
    format: 'TensorFlow',
    shapes: new Map(shapes),
    read(name) {
      const key = keys.get(name)!;
      const { type, shape, size, crc, sliced } = entries.get(key)!;
      const reader = READERS[TYPES[type] ?? ''];
      if (!reader || sliced) {
        const what = sliced ? 'a variable in parts' : `TensorFlow's type ${type}`;
        throw new UserError(
          `unsupported tensor: ${name} in ${prefix} is ${what}. allowed: whole float and int tensors`,
        );
      }
      if (size !== sizeOf(shape) * reader.bytes) throw damaged(key);
      const bytes = bytesOf(key);
      if (maskCrc(crc32c(bytes)) !== crc) throw damaged(key);
      return decode(bytes, TYPES[type]!, shape, { where: `${name} in ${prefix}` });
    },
  };
}

/** Before anything is read of them: that the files of the tensors are there, and as long as the index says. */
function requireShards(entries: Entry[], fileOf: (shard: number) => string, index: string): void {
  for (const [shard, inShard] of Map.groupBy(entries, (entry) => entry.shard)) {
    const file = fileOf(shard);
    if (!existsSync(file)) throw new UserError(`missing file: ${file}. it belongs to ${index}`);
    refusePlaceholder(file);
    const expected = inShard.reduce((most, { offset, size }) => Math.max(most, offset + size), 0);
    const { size } = statSync(file);
    if (size < expected) throw new UserError(`cut off: ${file} has ${size} bytes, expected ${expected}`);
  }
}

const digits = (n: number): string => String(n).padStart(5, '0');

function readIndex(path: string): { entries: Map<string, Entry>; shards: number } {
  if (!existsSync(path)) throw new UserError(`missing file: ${path}`);
  refusePlaceholder(path);
  const table = readSortedTable(readFileSync(path), path);
  const damaged = new UserError(`damaged: ${path}. copy the checkpoint again`);
  try {
    // The header has the empty name.
    const header = fieldsOf(table.get('') ?? Uint8Array.of());
    table.delete('');
    if (header.ints(2).some(Boolean)) throw new UserError(`unsupported byte order: ${path} is big-endian`);
    const entries = new Map([...table].map(([key, value]) => [key, readEntry(value)]));
    return { entries, shards: header.ints(1)[0] ?? 1 };
  } catch (error) {
    throw error instanceof RangeError ? damaged : error;
  }
}

function readEntry(bytes: Uint8Array): Entry {
  const entry = fieldsOf(bytes);
  const int = (number: number) => entry.ints(number)[0] ?? 0;
  const dims = fieldsOf(entry.bytes(2)[0] ?? Uint8Array.of()).bytes(2);
  return {
    type: int(1),
    shape: dims.map((dim) => fieldsOf(dim).ints(1)[0] ?? 0),
    shard: int(3),
    offset: int(4),
    size: int(5),
    crc: int(6),
    sliced: entry.bytes(7).length > 0,
  };
}

/**
 * A scalar string: its length, a checksum of the length, its bytes. The entry's checksum covers the length as 32 bits,
 * that checksum and the bytes.
 * @returns undefined where a checksum does not hold
 */
function readString(bytes: Uint8Array, crc: number): Uint8Array | undefined {
  const [length, at] = readVarint(bytes, 0);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(length);
  const ofLength = crc32c(head);
  const text = bytes.subarray(at + 4);
  const whole = crc32c(text, crc32c(bytes.subarray(at, at + 4), ofLength));
  return text.length === length && maskCrc(whole) === crc ? text : undefined;
}
