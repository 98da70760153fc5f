import { closeSync, openSync, statSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import { sizeOf, type TensorData } from '@simclr/tensorflow';
import { READERS, readAt } from '../safetensors.ts';

/** An open checkpoint. Its tensors are read one by one: those that nobody asks for cost nothing. */
export interface Checkpoint {
  format: 'TensorFlow' | 'PyTorch' | 'safetensors';
  /** Shapes by name, in the file's order. */
  shapes: ReadonlyMap<string, readonly number[]>;
  /** Throws UserError where the tensor is damaged or its type is none that we read. */
  read(name: string): TensorData;
}

/** Bytes `from` to `from + length` of a file. Throws UserError where it is shorter. */
export function readRange(path: string, from: number, length: number): Uint8Array {
  const { size } = statSync(path);
  if (from + length > size) throw new UserError(`cut off: ${path} has ${size} bytes, expected ${from + length}`);
  const bytes = new Uint8Array(length);
  const file = openSync(path, 'r');
  try {
    readAt(file, bytes, from);
  } finally {
    closeSync(file);
  }
  return bytes;
}

/** Strides of a row-major tensor, in elements. */
export function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/**
 * Values of little-endian bytes.
 * @param type as safetensors names it: `F32`, `BF16`, `I64`, …
 * @param strides in elements; row-major by default
 * @throws UserError for an integer beyond int32
 */
export function decode(
  bytes: Uint8Array,
  type: string,
  shape: readonly number[],
  strides?: readonly number[],
): TensorData {
  const { bytes: width, dtype, at } = READERS[type]!;
  const dense = rowMajor(shape);
  const count = sizeOf(shape);
  const data = dtype === 'float32' ? new Float32Array(count) : new Int32Array(count);
  const isDense = !strides || shape.every((size, axis) => size === 1 || strides[axis] === dense[axis]);
  if (isDense && (type === 'F32' || type === 'I32')) {
    new Uint8Array(data.buffer).set(bytes.subarray(0, data.byteLength));
    return { shape: [...shape], dtype, data };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < count; i++) {
    let element = i;
    if (!isDense) {
      element = 0;
      for (let axis = 0, rest = i; axis < shape.length; axis++) {
        element += Math.floor(rest / dense[axis]!) * strides[axis]!;
        rest %= dense[axis]!;
      }
    }
    const value = at(view, element * width);
    data[i] = value;
    if (dtype === 'int32' && data[i] !== value) throw new UserError(`too large for int32: ${value}`);
  }
  return { shape: [...shape], dtype, data };
}
