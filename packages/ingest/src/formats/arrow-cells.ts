import { Unsupported } from '../archive/byte-reader.ts';
import { type ArrowField, cellKind, TYPE } from './arrow-schema.ts';
import type { Cell, ImageCell } from './columnar.ts';
import type { FlatTable } from './flat-table.ts';

/** A column in a record batch: where its buffers lie in the batch's body, bytes. */
export interface Located {
  field: ArrowField;
  rows: number;
  nulls: number;
  buffers: [offset: number, length: number][];
  children: Located[];
}

/** Reads bytes of a batch's body. @throws RangeError where it has none */
type Body = (offset: number, length: number) => Buffer<ArrayBuffer>;

/** The columns of a batch, by name. @param header of its message: a RecordBatch */
export function locate(fields: readonly ArrowField[], header: FlatTable): Map<string, Located> {
  if (header.table(3)) throw new Unsupported('its buffers are compressed. write it without compression');
  const [nodes, buffers, views] = [header.pairs(1), header.pairs(2), header.longs(4)];
  let [node, buffer, view] = [0, 0, 0];
  const take = (field: ArrowField): Located => {
    const [rows, nulls] = nodes[node++] ?? [];
    if (rows === undefined || nulls === undefined) throw new RangeError('too few nodes');
    const isView = field.type === TYPE.binaryView || field.type === TYPE.utf8View;
    const count = field.buffers + (isView && !field.dictionary ? (views[view++] ?? 0) : 0);
    const own = buffers.slice(buffer, buffer + count);
    if (own.length < count) throw new RangeError('too few buffers');
    buffer += count;
    return { field, rows, nulls, buffers: own, children: field.children.map(take) };
  };
  return new Map(fields.map((field) => [field.name, take(field)]));
}

/** The cells of a column in a batch, by row. */
export function arrowCells(located: Located, rows: number, body: Body): (row: number) => Cell {
  const { field, children } = located;
  if (located.rows !== rows) throw new Error(`column ${field.name} has ${located.rows} rows, not ${rows}`);
  const isNull = nullsOf(located, body);
  switch (cellKind(field)) {
    case 'integer': {
      const integer = integersOf(located, body);
      return (row) => (isNull(row) ? null : integer(row));
    }
    case 'bytes': {
      const bytes = bytesOf(located, body);
      return (row) => (isNull(row) ? null : bytes(row));
    }
    case 'text': {
      const bytes = bytesOf(located, body);
      return (row) => (isNull(row) ? null : bytes(row).toString());
    }
    case 'image': {
      const child = (name: string) => children.find((each) => each.field.name === name);
      const bytes = arrowCells(child('bytes')!, rows, body);
      const paths = child('path');
      const path = paths ? arrowCells(paths, rows, body) : () => null;
      return (row) => (isNull(row) ? null : ({ bytes: bytes(row), path: path(row) } as ImageCell));
    }
    default:
      throw new Error(`column ${field.name} is of a type that is not read`);
  }
}

function nullsOf({ rows, nulls, buffers }: Located, body: Body): (row: number) => boolean {
  if (nulls === 0) return () => false;
  const [offset, length] = buffers[0]!;
  const needed = Math.ceil(rows / 8);
  if (length < needed) throw new RangeError('validity is too short');
  const bits = body(offset, needed);
  return (row) => ((bits[row >> 3]! >> (row & 7)) & 1) === 0;
}

function integersOf({ field, rows, buffers }: Located, body: Body): (row: number) => number {
  const bytes = field.bits / 8;
  const [offset, length] = buffers[1]!;
  if (length < rows * bytes) throw new RangeError('too few values');
  const values = body(offset, rows * bytes);
  if (bytes === 8)
    return (row) => Number(field.signed ? values.readBigInt64LE(8 * row) : values.readBigUInt64LE(8 * row));
  return (row) => (field.signed ? values.readIntLE(bytes * row, bytes) : values.readUIntLE(bytes * row, bytes));
}

function bytesOf({ field, rows, buffers }: Located, body: Body): (row: number) => Buffer {
  const width = field.type === TYPE.largeBinary || field.type === TYPE.largeUtf8 ? 8 : 4;
  const [, [offset, length], [data, bytes]] = buffers as [unknown, [number, number], [number, number]];
  if (rows > 0 && length < (rows + 1) * width) throw new RangeError('too few offsets');
  const offsets = body(offset, rows > 0 ? (rows + 1) * width : 0);
  const place = (row: number) => (width === 8 ? Number(offsets.readBigInt64LE(8 * row)) : offsets.readInt32LE(4 * row));
  return (row) => {
    const [start, end] = [place(row), place(row + 1)];
    if (start < 0 || start > end || end > bytes) throw new RangeError('a value lies outside of its column');
    return body(data + start, end - start);
  };
}
