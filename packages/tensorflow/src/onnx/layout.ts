import type { TensorData } from '../tensors.ts';

// TensorFlow has images as [n, h, w, c] here, ONNX convolves [n, c, h, w]: inside the ONNX graph every value of four axes
// is kept so, the same permutation throughout, and none but the model's own inputs and outputs is transposed.

/** Permutation of [n, h, w, c] into [n, c, h, w]. */
export const TO_NCHW: readonly number[] = [0, 3, 1, 2];
/** Permutation of [n, c, h, w] into [n, h, w, c]. */
export const TO_NHWC: readonly number[] = [0, 2, 3, 1];
/** Permutation of a kernel [h, w, in, out] into [out, in, h, w]. */
export const TO_OIHW: readonly number[] = [3, 2, 0, 1];

/** Where an axis of a TensorFlow value lies in the ONNX graph; counted from the end where negative. */
export function axisOf(axis: number, rank: number): number {
  const whole = axis < 0 ? axis + rank : axis;
  return rank === 4 ? TO_NCHW.indexOf(whole) : whole;
}

/** One entry an axis, in the order of the ONNX graph. */
export const entriesOf = <T>(entries: readonly T[]): T[] =>
  entries.length === 4 ? TO_NCHW.map((axis) => entries[axis]!) : [...entries];

/** A tensor with its axes in another order: axis `i` of the result is axis `permutation[i]`. */
export function transpose({ shape, dtype, data }: TensorData, permutation: readonly number[]): TensorData {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  const sizes = permutation.map((axis) => shape[axis]!);
  const steps = permutation.map((axis) => strides[axis]!);
  const result = dtype === 'float32' ? new Float32Array(data.length) : new Int32Array(data.length);
  const index = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    result[to] = data[from]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return { shape: sizes, dtype, data: result };
}
