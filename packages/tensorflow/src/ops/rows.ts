import { DT } from '../graph/graph-def.ts';
import { type TensorFlow, tf } from '../load.ts';
import { type NativeAttr, native } from '../trace/binding.ts';
import { attrs, rawOp } from './raw.ts';

type Tensor = TensorFlow.Tensor;

const type = (name: string, value: number): NativeAttr => ({ name, type: native.TF_ATTR_TYPE, value });

/**
 * Rows of `a` where the condition holds, else of `b`; without a gradient.
 * @param condition bool [n]
 * @param a, b [n, …]
 */
export function selectRows(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return rawOp('Select', attrs({}), [condition, a, b], 1)[0]!;
}

/**
 * How often each of 0 … bins − 1 occurs in a row.
 * @param values int32 [n, m], in that range
 * @returns float32 [n, bins]
 */
export function countRows(values: Tensor, bins: number): Tensor {
  const attributes = [...attrs({ binary_output: false }), type('Tidx', DT.int32)];
  return rawOp('DenseBincount', attributes, [values, tf.scalar(bins, 'int32'), tf.tensor1d([])], 1)[0]!;
}

/**
 * `table[i, index[i, j]]`, without a gradient. (tf.gather reads its indices back, which a traced function cannot.)
 * @param table float32 [n, k]
 * @param index int32 [n, m] in [0, k)
 * @returns [n, m]
 */
export function lookUpRows(table: Tensor, index: Tensor): Tensor {
  const batch: NativeAttr = { name: 'batch_dims', type: native.TF_ATTR_INT, value: 1 };
  const attributes = [batch, type('Tparams', DT.float32), type('Tindices', DT.int32), type('Taxis', DT.int32)];
  return rawOp('GatherV2', attributes, [table, index, tf.scalar(1, 'int32')], 1)[0]!;
}
