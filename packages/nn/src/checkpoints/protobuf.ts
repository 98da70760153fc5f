import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A field of a message: its number and a number, for the wire types of fixed size, or bytes, for strings and messages. */
type Field = readonly [number: number, value: number | Uint8Array];

/** @returns what `read` gives; throws RangeError, whatever is wrong with the bytes */
function reading<T>(bytes: Uint8Array, read: (reader: BinaryReader) => T): T {
  try {
    return read(new BinaryReader(bytes));
  } catch (error) {
    throw error instanceof RangeError ? error : new RangeError((error as Error).message);
  }
}

/** @returns the value, and where it ends. Exact up to 2^53; throws RangeError where the bytes end before it does. */
export const readVarint = (bytes: Uint8Array, at: number): [value: number, end: number] =>
  reading(bytes.subarray(at), (reader) => [Number(reader.uint64()), at + reader.pos]);

function readField(reader: BinaryReader): Field {
  const [number, type] = reader.tag();
  if (type === WireType.Varint) return [number, Number(reader.uint64())];
  if (type === WireType.Bit32) return [number, reader.fixed32()];
  if (type === WireType.Bit64) return [number, Number(reader.fixed64())];
  if (type === WireType.LengthDelimited) return [number, reader.bytes()];
  throw new RangeError(`no wire type: ${type}`);
}

/** A message's fields by number: each the list of its values. Throws RangeError where it is cut off or no message. */
export function fieldsOf(bytes: Uint8Array): { ints(number: number): number[]; bytes(number: number): Uint8Array[] } {
  const all = reading(bytes, (reader) => {
    const fields: Field[] = [];
    while (reader.pos < reader.len) fields.push(readField(reader));
    return fields;
  });
  const of = (wanted: number) => all.flatMap(([number, value]) => (number === wanted ? [value] : []));
  return {
    ints: (number) => of(number).filter((value) => typeof value === 'number'),
    bytes: (number) => of(number).filter((value) => typeof value !== 'number'),
  };
}
