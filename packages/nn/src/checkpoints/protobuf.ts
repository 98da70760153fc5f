/** One field of a message: a number for the wire types of fixed size, bytes for strings and messages. */
export interface Field {
  number: number;
  value: number | Uint8Array;
}

/** @returns the value, and where it ends. Exact up to 2^53; throws RangeError where the bytes end before it does. */
export function readVarint(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) break;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
  throw new RangeError('a varint does not end');
}

/** The fields of a message, in their order. Throws RangeError where it is cut off or no message. */
function* readFields(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const [tag, start] = readVarint(bytes, at);
    const number = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) {
      const [value, end] = readVarint(bytes, start);
      yield { number, value };
      at = end;
    } else if (wireType === 5) {
      yield { number, value: view.getUint32(start, true) };
      at = start + 4;
    } else if (wireType === 1) {
      yield { number, value: Number(view.getBigUint64(start, true)) };
      at = start + 8;
    } else if (wireType === 2) {
      const [length, from] = readVarint(bytes, start);
      at = from + length;
      if (at > bytes.length) throw new RangeError('a field is longer than its message');
      yield { number, value: bytes.subarray(from, at) };
    } else {
      throw new RangeError(`no wire type: ${wireType}`);
    }
  }
}

/** A message's fields by number: each the list of its values. */
export function fieldsOf(bytes: Uint8Array): { ints(number: number): number[]; bytes(number: number): Uint8Array[] } {
  const all = [...readFields(bytes)];
  const of = (number: number) => all.filter((field) => field.number === number).map(({ value }) => value);
  return {
    ints: (number) => of(number).filter((value) => typeof value === 'number'),
    bytes: (number) => of(number).filter((value) => typeof value !== 'number'),
  };
}
