import type { TensorFlow } from '../load.ts';
import { backend, type NativeAttr, native } from '../trace/binding.ts';

type Tensor = TensorFlow.Tensor;
type Value = number | boolean | string | readonly number[];

const FLOAT = 1;

/** Attributes of a float32 op: `T`, strings, integers, booleans; floats are given in `floats`. */
export function attrs(values: Record<string, Value>, floats: Record<string, number> = {}): NativeAttr[] {
  const list: NativeAttr[] = [{ name: 'T', type: native.TF_ATTR_TYPE, value: FLOAT }];
  for (const [name, value] of Object.entries(values)) {
    const type =
      typeof value === 'string'
        ? native.TF_ATTR_STRING
        : typeof value === 'boolean'
          ? native.TF_ATTR_BOOL
          : native.TF_ATTR_INT;
    list.push({ name, type, value });
  }
  for (const [name, value] of Object.entries(floats)) list.push({ name, type: native.TF_ATTR_FLOAT, value });
  return list;
}

/** Runs a TensorFlow op by name; for use inside tf.customGrad. */
export function rawOp(name: string, attributes: NativeAttr[], inputs: Tensor[], outputs: number): Tensor[] {
  return backend.executeMultipleOutputs(name, attributes, inputs, outputs) as Tensor[];
}

export const typeAttribute = (name: string): NativeAttr => ({ name, type: native.TF_ATTR_TYPE, value: FLOAT });
