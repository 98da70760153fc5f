import { tf } from '../load.ts';

/** An attribute as tfjs-node hands it to its add-on. */
export interface NativeAttr {
  name: string;
  type: number;
  value: unknown;
}

/** A tensor that the add-on made. */
export interface NativeTensor {
  id: number;
  shape: number[];
  dtype: number;
}

/** The functions of tfjs-node's C++ add-on that we call (binding/tfjs_binding.cc). Handles (`id`) are never reused. */
export interface NativeBinding {
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
  createTensor(shape: number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attrs: NativeAttr[], inputs: number[], outputs: number): NativeTensor[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /**
   * @param feeds `node:port,…` for `ids`
   * @param fetches `node:port,…`
   */
  runSavedModel(id: number, ids: number[], feeds: string, fetches: string): NativeTensor[];
  getNumOfTensors(): number;
}

/** What we use of tfjs-node's backend object (src/nodejs_kernel_backend.ts). */
export interface NodeBackend {
  binding: NativeBinding;
  isUsingGpuDevice: boolean;
  /** Takes a new tensor's values. */
  write(...args: unknown[]): unknown;
  getInputTensorIds(tensors: unknown[]): number[];
  executeSingleOutput(name: string, attrs: NativeAttr[], inputs: unknown[]): ReturnType<typeof tf.scalar>;
  executeMultipleOutputs(
    name: string,
    attrs: NativeAttr[],
    inputs: unknown[],
    n: number,
  ): ReturnType<typeof tf.scalar>[];
}

export const backend = tf.backend() as unknown as NodeBackend;
/** The add-on itself, unaffected by a running trace. */
export const native = backend.binding;
