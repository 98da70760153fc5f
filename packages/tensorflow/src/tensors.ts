import type { TensorFlow } from './load.ts';

export type DType = 'float32' | 'int32';

/** A tensor's values outside TensorFlow, row-major. */
export interface TensorData {
  shape: number[];
  dtype: DType;
  data: Float32Array | Int32Array;
}

/** Named tensors, as checkpoints hold them. */
export type Tree = Record<string, TensorData>;
/** Named tensors inside a traced function. */
export type Tensors = Record<string, TensorFlow.Tensor>;

/** A dtype and shape without values; a first dimension of null is chosen at every call (graphs without state). */
export interface TensorSpec {
  shape: (number | null)[];
  dtype: DType;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** float32 tensor from an array or filled with one value. */
export function float32(shape: number[], values: Float32Array | number = 0): TensorData {
  const data = typeof values === 'number' ? new Float32Array(sizeOf(shape)).fill(values) : values;
  if (data.length !== sizeOf(shape)) throw new Error(`invalid values: ${data.length} for shape [${shape}]`);
  return { shape, dtype: 'float32', data };
}
