import { closeSync, openSync, statSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import { sizeOf, type TensorData } from '@simclr/tensorflow/tensors';
import { READERS, readAt, readerOf } from '../safetensors.ts';

/** An open checkpoint. Its tensors are read one by one: those that nobody asks for cost nothing. */
export interface Checkpoint {
  format: 'TensorFlow' | 'PyTorch' | 'safetensors';
  /** Shapes by name, in the file's order. Tensors within dicts go by the path of keys: `state_dict.conv1.weight`. */
  shapes: ReadonlyMap<string, readonly number[]>;
  /** Classes and functions of Python's that the file names and nothing here stands for: passed over, never run. */
  passedOver?: readonly string[];
  /** Equal for tensors that are one and the same in the file, under two names. */
  identityOf?: (name: string) => string;
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
function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** Where values are among bytes, and what to call them in an error. */
export interface Layout {
  /** In elements; row-major by default. */
  strides?: readonly number[];
  /** Of the first value, in elements. */
  offset?: number;
  /** The tensor and its file. */
  where: string;
}

/**
 * Values of little-endian bytes.
 * @param type as safetensors names it: `F32`, `BF16`, `I64`, …
 * @throws UserError for a type that we do not read, an integer beyond int32, or bytes that end before the values do
 */
export function decode(
  bytes: Uint8Array,
  type: string,
  shape: readonly number[],
  { strides, offset = 0, where }: Layout,
): TensorData {
  const reader = readerOf(type);
  if (!reader) {
    throw new UserError(`unsupported type: ${type} of ${where}. allowed: ${Object.keys(READERS).join(', ')}`);
  }
  const { bytes: width, dtype, at } = reader;
  const dense = rowMajor(shape);
  const steps = strides ?? dense;
  const count = sizeOf(shape);
  const last = count === 0 ? -1 : shape.reduce((sum, size, axis) => sum + (size - 1) * steps[axis]!, offset);
  if ((last + 1) * width > bytes.length)
    throw new UserError(`damaged: ${where} is larger than its storage. copy the file again`);
  const data = dtype === 'float32' ? new Float32Array(count) : new Int32Array(count);
  const isDense = shape.every((size, axis) => size === 1 || steps[axis] === dense[axis]);
  if (count > 0 && isDense && (type === 'F32' || type === 'I32')) {
    new Uint8Array(data.buffer).set(bytes.subarray(offset * width, offset * width + data.byteLength));
    return { shape: [...shape], dtype, data };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < count; i++) {
    let element = offset;
    if (isDense) element += i;
    else {
      for (let axis = 0, rest = i; axis < shape.length; axis++) {
        element += Math.floor(rest / dense[axis]!) * steps[axis]!;
        rest %= dense[axis]!;
      }
    }
    const value = at(view, element * width);
    data[i] = value;
    if (dtype === 'int32' && data[i] !== value) throw new UserError(`too large for int32: ${value} in ${where}`);
  }
  return { shape: [...shape], dtype, data };
}
