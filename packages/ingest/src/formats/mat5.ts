import { inflateSync } from 'node:zlib';
import { UserError } from '@simclr/stage';

/** A value of a MAT file, arrays in MATLAB's order: the first dimension varies fastest. */
export type MatValue =
  | { is: 'numbers'; dims: number[]; values: number[] }
  /** Its letters in one text, as a row of them is. */
  | { is: 'text'; dims: number[]; text: string }
  | { is: 'cells'; dims: number[]; cells: MatValue[] }
  /** Of each field, a value for each element. */
  | { is: 'structs'; dims: number[]; fields: Map<string, MatValue[]> };

/** Data types of elements (MAT-File Format, table 1-1). */
const MI = { UTF8: 16, UTF16: 17, MATRIX: 14, COMPRESSED: 15 };
const HEADER = 128;

/** Bytes that one compressed variable may unpack to; elements within elements, which are two in the files that are read. */
const MOST = 2 ** 26;
const DEEPEST = 16;

const CLASSES: Record<number, 'cells' | 'structs' | 'text' | 'numbers'> = {
  1: 'cells',
  2: 'structs',
  4: 'text',
  ...Object.fromEntries([6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((numeric) => [numeric, 'numbers'])),
};

/** Bytes of a number, and how it is read. */
const NUMBERS: Record<number, [bytes: number, read: (view: DataView, at: number, little: boolean) => number]> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getInt16(at, little)],
  4: [2, (view, at, little) => view.getUint16(at, little)],
  5: [4, (view, at, little) => view.getInt32(at, little)],
  6: [4, (view, at, little) => view.getUint32(at, little)],
  7: [4, (view, at, little) => view.getFloat32(at, little)],
  9: [8, (view, at, little) => view.getFloat64(at, little)],
  12: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  13: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
};

interface Element {
  type: number;
  data: Buffer;
}

/** Elements one after the other. */
class Elements {
  readonly #bytes: Buffer;
  readonly #little: boolean;
  #at = 0;

  constructor(bytes: Buffer, little: boolean) {
    this.#bytes = bytes;
    this.#little = little;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws Error where it does not fit */
  next(): Element {
    const [bytes, at] = [this.#bytes, this.#at];
    if (at + 8 > bytes.length) throw new Error(`it ends within a tag, at byte ${at}`);
    const uint = (offset: number) => (this.#little ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset));
    const first = uint(at);
    // Of up to four bytes, type and size share a word.
    if (first >>> 16 !== 0) {
      const size = first >>> 16;
      if (size > 4) throw new Error(`a small element of ${size} bytes at byte ${at}`);
      this.#at += 8;
      return { type: first & 0xffff, data: bytes.subarray(at + 4, at + 4 + size) };
    }
    const size = uint(at + 4);
    const end = at + 8 + size;
    if (end > bytes.length) throw new Error(`${bytes.length - at - 8} of ${size} bytes are there, at byte ${at}`);
    this.#at = first === MI.COMPRESSED ? end : Math.min(bytes.length, Math.ceil(end / 8) * 8);
    return { type: first, data: bytes.subarray(at + 8, end) };
  }
}

/**
 * Reads a MAT file of level 5 (MATLAB 5 to 7.2), also with compressed variables: numbers, texts, cells and structs.
 *
 * @param name of the file, for errors
 * @returns values by the names of variables
 * @throws UserError for what is none, or damaged
 */
export function readMat(bytes: Buffer, name: string): Map<string, MatValue> {
  try {
    return variables(bytes);
  } catch (error) {
    throw new UserError(`invalid MAT file: ${name}. ${(error as Error).message}. fetch it again`);
  }
}

function variables(bytes: Buffer): Map<string, MatValue> {
  const mark = bytes.toString('latin1', 126, HEADER);
  if (bytes.length < HEADER || (mark !== 'IM' && mark !== 'MI')) throw new Error('expected level 5');
  const little = mark === 'IM';
  const found = new Map<string, MatValue>();
  const elements = new Elements(bytes.subarray(HEADER), little);
  while (!elements.done) {
    let element = elements.next();
    if (element.type === MI.COMPRESSED)
      element = new Elements(inflateSync(element.data, { maxOutputLength: MOST }), little).next();
    if (element.type !== MI.MATRIX) continue;
    const { name, value } = matrix(element.data, little, 0);
    found.set(name, value);
  }
  return found;
}

function matrix(data: Buffer, little: boolean, depth: number): { name: string; value: MatValue } {
  if (data.length === 0) return { name: '', value: { is: 'numbers', dims: [0, 0], values: [] } };
  if (depth > DEEPEST) throw new Error(`values within values, more than ${DEEPEST} deep`);
  const parts = new Elements(data, little);
  const flags = numbersOf(parts.next(), little)[0] ?? 0;
  const dims = numbersOf(parts.next(), little);
  const name = parts.next().data.toString('latin1');
  const is = CLASSES[flags & 0xff];
  if (!is) throw new Error(`${name || 'a value'} is of class ${flags & 0xff}, which is not read`);
  const count = dims.reduce((product, n) => product * n, 1);
  if (dims.length < 2 || dims.some((n) => n < 0)) throw new Error(`dimensions [${dims}]`);
  // Each value takes a byte at least, of what is there.
  if (count > MOST) throw new Error(`${count} values`);
  const inner = () => {
    const { type, data: content } = parts.next();
    if (type !== MI.MATRIX) throw new Error(`an element of type ${type} in ${name || 'a value'}`);
    return matrix(content, little, depth + 1).value;
  };
  if (is === 'cells') return { name, value: { is, dims, cells: Array.from({ length: count }, inner) } };
  if (is === 'structs') return { name, value: { is, dims, fields: structs(parts, count, little, inner) } };
  const element = parts.next();
  if (is === 'text') return { name, value: { is, dims, text: textOf(element, little) } };
  const values = numbersOf(element, little);
  if (values.length !== count) throw new Error(`${values.length} numbers for [${dims}]`);
  return { name, value: { is, dims, values } };
}

function structs(parts: Elements, count: number, little: boolean, inner: () => MatValue): Map<string, MatValue[]> {
  const [length = 0] = numbersOf(parts.next(), little);
  const text = parts.next().data.toString('latin1');
  if (length < 1 || text.length % length !== 0) throw new Error(`names of ${text.length} letters, ${length} each`);
  const names = text.match(new RegExp(`[^]{${length}}`, 'g')) ?? [];
  const fields = new Map(names.map((name) => [name.split('\0')[0]!, [] as MatValue[]]));
  for (let i = 0; i < count; i++) for (const values of fields.values()) values.push(inner());
  return fields;
}

function numbersOf({ type, data }: Element, little: boolean): number[] {
  const number = NUMBERS[type];
  if (!number) throw new Error(`numbers of type ${type}`);
  const [bytes, read] = number;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length: Math.floor(data.length / bytes) }, (_, i) => read(view, i * bytes, little));
}

function textOf(element: Element, little: boolean): string {
  if (element.type === MI.UTF8) return element.data.toString('utf8');
  if (element.type === MI.UTF16 && little) return element.data.toString('utf16le');
  return numbersOf(element.type === MI.UTF16 ? { ...element, type: 4 } : element, little)
    .map((code) => String.fromCharCode(code & 0xffff))
    .join('');
}

/** All numbers of a variable. @throws UserError where it is none, or of other values */
export function matNumbers(found: ReadonlyMap<string, MatValue>, variable: string, name: string): number[] {
  const value = found.get(variable);
  if (value?.is === 'numbers') return value.values;
  throw new UserError(`invalid MAT file: ${name} has no numbers ${variable}. fetch it again`);
}
