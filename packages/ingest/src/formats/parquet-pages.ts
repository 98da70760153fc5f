import { brotliDecompressSync, crc32, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type ColumnMetaData, type PageHeader, snappyUncompress } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { Unsupported } from '../archive/byte-reader.ts';
import type { RangeFile } from './columnar.ts';
import { readLevels } from './parquet-levels.ts';

/** A column of a row group that has no parts. */
export interface Leaf {
  /** Parts of its path between dots. */
  name: string;
  rows: number;
  /** Levels of its path that may be absent. */
  levels: number;
  meta: ColumnMetaData;
}

export type Value = Uint8Array | number | null;

/** Bytes that are looked at for a page's header, which may have the largest value in it. */
const HEADER = 2 ** 13;

/** Bytes of the largest page, unpacked. */
const LARGEST = 2 ** 30;

const DICTIONARIES = ['PLAIN_DICTIONARY', 'RLE_DICTIONARY'];

/**
 * The values of a leaf in order. Every number that the file names is held against what is there before it is used:
 * hyparquet's own reader of pages fills the memory where a damaged run length says so.
 *
 * @throws Error that says what is wrong
 */
export function* leafValues(file: RangeFile, leaf: Leaf): Generator<Value> {
  const { meta, rows, name } = leaf;
  if (Number(meta.num_values) !== rows) throw new Error(`column ${name} has ${meta.num_values} values, not ${rows}`);
  let offset = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const end = offset + Number(meta.total_compressed_size);
  let dictionary: Value[] = [];
  for (let row = 0; row < rows; ) {
    if (offset >= end) throw new Error(`column ${name} ends at row ${row} of ${rows}`);
    const { header, bytes } = readHeader(file, offset, end);
    const size = requireSize(header.compressed_page_size, end - offset - bytes);
    const page = file.bytes(offset + bytes, size);
    if (header.crc !== undefined && header.crc >>> 0 !== crc32(page))
      throw new Error(`a page of column ${name} is damaged: its checksum does not match`);
    offset += bytes + size;
    if (header.dictionary_page_header) {
      const { num_values: count } = header.dictionary_page_header;
      dictionary = plainValues(unpack(page, header.uncompressed_page_size, leaf), count, leaf);
    } else {
      const values = dataPage(page, header, rows - row, dictionary, leaf);
      yield* values;
      row += values.length;
    }
  }
}

function readHeader(file: RangeFile, offset: number, end: number): { header: PageHeader; bytes: number } {
  for (let window = HEADER; ; window *= 16) {
    const length = Math.min(window, end - offset);
    const reader = { view: new DataView(file.bytes(offset, length).buffer), offset: 0 };
    try {
      return { header: parquetHeader(reader), bytes: reader.offset };
    } catch (error) {
      if (length === end - offset) throw error;
    }
  }
}

function requireSize(size: number, most: number): number {
  if (Number.isInteger(size) && size >= 0 && size <= most) return size;
  throw new Error(`a page of ${size} bytes, where ${most} are left`);
}

function unpack(bytes: Uint8Array, length: number, { meta: { codec } }: Leaf): Uint8Array {
  const size = requireSize(length, LARGEST);
  const options = { maxOutputLength: Math.max(1, size) };
  switch (codec) {
    case 'UNCOMPRESSED':
      return bytes;
    case 'SNAPPY': {
      const output = new Uint8Array(size);
      snappyUncompress(bytes, output);
      return output;
    }
    case 'GZIP':
      return gunzipSync(bytes, options);
    case 'ZSTD':
      return zstdDecompressSync(bytes, options);
    case 'BROTLI':
      return brotliDecompressSync(bytes, options);
    default:
      throw new Unsupported(`it is compressed by ${codec}. write it with snappy or zstd`);
  }
}

function dataPage(page: Uint8Array, header: PageHeader, most: number, dictionary: Value[], leaf: Leaf): Value[] {
  const { data_page_header: first, data_page_header_v2: second } = header;
  const about = first ?? second;
  if (!about) throw new Error(`a page of kind ${header.type}, which is not read`);
  const count = about.num_values;
  if (!(count > 0 && count <= most)) throw new Error(`a page of ${count} values, where ${most} are left`);
  let values = page as Uint8Array;
  let levels = new Uint8Array() as Uint8Array;
  if (second) {
    const repeated = requireSize(second.repetition_levels_byte_length, page.length);
    const start = repeated + requireSize(second.definition_levels_byte_length, page.length - repeated);
    levels = page.subarray(repeated, start);
    const packed = second.is_compressed !== false;
    const rest = page.subarray(start);
    values = packed ? unpack(rest, header.uncompressed_page_size - start, leaf) : rest;
  } else {
    values = unpack(page, header.uncompressed_page_size, leaf);
    if (leaf.levels > 0) {
      const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
      const length = requireSize(view.getUint32(0, true), values.length - 4);
      levels = values.subarray(4, 4 + length);
      values = values.subarray(4 + length);
    }
  }
  const there =
    leaf.levels > 0 ? [...readLevels(levels, leaf.levels, count)].map((level) => level === leaf.levels) : [];
  const present = leaf.levels > 0 ? there.filter(Boolean).length : count;
  const found = decode(values, present, about.encoding, dictionary, leaf);
  if (present === count) return found;
  let next = 0;
  return there.map((isThere) => (isThere ? found[next++]! : null));
}

function decode(bytes: Uint8Array, count: number, encoding: string, dictionary: Value[], leaf: Leaf): Value[] {
  if (encoding === 'PLAIN') return plainValues(bytes, count, leaf);
  if (!DICTIONARIES.includes(encoding))
    throw new Unsupported(`column ${leaf.name} is encoded as ${encoding}. write it plain`);
  if (count === 0) return [];
  const entries = readLevels(bytes.subarray(1), 2 ** (bytes[0] ?? 0) - 1, count);
  return Array.from(entries, (entry) => {
    const value = dictionary[entry];
    if (value === undefined)
      throw new Error(`entry ${entry} of ${dictionary.length} in the dictionary of ${leaf.name}`);
    return value;
  });
}

function plainValues(bytes: Uint8Array, count: number, { meta: { type } }: Leaf): Value[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = type === 'INT64' ? 8 : 4;
  if (!(count >= 0 && count * width <= bytes.length)) throw new Error(`${count} values in ${bytes.length} bytes`);
  if (type === 'INT64') return Array.from({ length: count }, (_, i) => Number(view.getBigInt64(8 * i, true)));
  if (type === 'INT32') return Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
  let at = 0;
  return Array.from({ length: count }, () => {
    const length = requireSize(view.getUint32(at, true), bytes.length - at - 4);
    at += 4 + length;
    return bytes.subarray(at - length, at);
  });
}
