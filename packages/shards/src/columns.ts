import { Binary, type Data, type DataType, Field, FixedSizeList, makeData, Struct, Uint8, Utf8 } from 'apache-arrow';
import type { Label } from './label.ts';

/** A raw image [h, w, c], uint8. */
export interface PixelRow<L extends Label = number> {
  pixels: Uint8Array;
  label: L;
}

/** An encoded image file, untouched. */
export interface EncodedRow<L extends Label = number> {
  bytes: Uint8Array;
  path: string;
  label: L;
}

/** Bytes of an image. */
export const bytesOf = (row: PixelRow<Label> | EncodedRow<Label>): number =>
  'pixels' in row ? row.pixels.length : row.bytes.length;

/** A column of raw images, all of `size` values. */
export function pixelColumn(rows: readonly PixelRow<Label>[], type: DataType, size: number): Data {
  const values = new Uint8Array(rows.length * size);
  rows.forEach(({ pixels }, i) => {
    if (pixels.length !== size) throw new Error(`invalid image: ${pixels.length} values. expected ${size}`);
    values.set(pixels, i * size);
  });
  return nest(type, values);
}

/** Values as nested fixed-size lists, without a copy. */
function nest(type: DataType, values: Uint8Array): Data {
  if (!(type instanceof FixedSizeList)) return makeData({ type: new Uint8(), data: values });
  const child = nest(type.valueType, values);
  return makeData({ type, length: child.length / type.listSize, nullCount: 0, child });
}

/** A column of encoded images with their paths. */
export function encodedColumn(rows: readonly EncodedRow<Label>[]): Data {
  const bytes = variable(
    new Binary(),
    rows.map((row) => row.bytes),
  );
  const path = variable(
    new Utf8(),
    rows.map((row) => Buffer.from(row.path)),
  );
  const type = new Struct([new Field('bytes', new Binary(), true), new Field('path', new Utf8(), true)]);
  return makeData({ type, length: rows.length, nullCount: 0, children: [bytes, path] as never }) as Data;
}

/** Values of different lengths, one after the other. */
function variable(type: Binary | Utf8, values: Uint8Array[]): Data {
  const valueOffsets = new Int32Array(values.length + 1);
  values.forEach((value, i) => {
    valueOffsets[i + 1] = valueOffsets[i]! + value.length;
  });
  const data = new Uint8Array(valueOffsets.at(-1)!);
  values.forEach((value, i) => void data.set(value, valueOffsets[i]!));
  return makeData({ type, length: values.length, nullCount: 0, valueOffsets, data } as never);
}
