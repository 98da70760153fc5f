import { deflateSync } from 'node:zlib';

/** What a MAT file is made of: numbers as doubles or bytes, texts, cells, and structs by their fields. */
export type Mat =
  | { doubles: number[] }
  | { bytes: number[] }
  | { text: string }
  | { cells: Mat[] }
  | { structs: Record<string, Mat[]> };

function element(type: number, data: Buffer): Buffer {
  // MATLAB writes up to four bytes into the tag itself.
  if (data.length > 0 && data.length <= 4) {
    const small = Buffer.alloc(8);
    small.writeUInt32LE((data.length << 16) | type, 0);
    data.copy(small, 4);
    return small;
  }
  const tag = Buffer.alloc(8);
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(data.length, 4);
  return Buffer.concat([tag, data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
}

const ints = (values: number[]) => Buffer.from(Int32Array.from(values).buffer);

function matrix(name: string, value: Mat): Buffer {
  const of = (kind: number, count: number, parts: Buffer[]) => {
    const flags = Buffer.alloc(8);
    flags.writeUInt32LE(kind, 0);
    const head = [element(6, flags), element(5, ints([1, count])), element(1, Buffer.from(name, 'latin1'))];
    return element(14, Buffer.concat([...head, ...parts]));
  };
  if ('doubles' in value)
    return of(6, value.doubles.length, [element(9, Buffer.from(Float64Array.from(value.doubles).buffer))]);
  if ('bytes' in value) return of(9, value.bytes.length, [element(2, Buffer.from(value.bytes))]);
  if ('text' in value)
    return of(4, value.text.length, [element(4, Buffer.from(Uint16Array.from(value.text, (c) => c.charCodeAt(0)).buffer))]);
  if ('cells' in value) return of(1, value.cells.length, value.cells.map((cell) => matrix('', cell)));
  const fields = Object.keys(value.structs);
  const names = Buffer.alloc(32 * fields.length);
  fields.forEach((field, i) => void names.write(field, 32 * i, 'latin1'));
  const count = value.structs[fields[0]!]!.length;
  const elements = Array.from({ length: count }, (_, i) => fields.map((field) => matrix('', value.structs[field]![i]!)));
  return of(2, count, [element(5, ints([32])), element(1, names), ...elements.flat()]);
}

/** A MAT file of level 5, its variables compressed as MATLAB does it. */
export function matFile(variables: Record<string, Mat>, { compressed = true } = {}): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, by a test', 'latin1');
  header.writeUInt16LE(0x0100, 124);
  header.write('IM', 126, 'latin1');
  const all = Object.entries(variables).map(([name, value]) => {
    const bytes = matrix(name, value);
    if (!compressed) return bytes;
    const data = deflateSync(bytes);
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(data.length, 4);
    return Buffer.concat([tag, data]);
  });
  return Buffer.concat([header, ...all]);
}
