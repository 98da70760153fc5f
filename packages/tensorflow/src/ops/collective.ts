// Ops between the ranks of a job. Their kernels are packages/collective's (`connectTensorFlow`): a graph with one loads in
// a connected process alone. All ranks run the same graph.
import { type TensorFlow, tf } from '../load.ts';
import { native } from '../trace/binding.ts';
import { rawOp } from './raw.ts';

type Tensor = TensorFlow.Tensor;

const collective = (op: string, x: Tensor, ranks: number): Tensor =>
  rawOp(op, [{ name: 'ranks', type: native.TF_ATTR_INT, value: ranks }], [x], 1)[0]!;

/** Sum over the ranks, element by element; without a gradient. */
export const allReduceSum = (x: Tensor, ranks: number): Tensor => collective('CollectiveAllReduceSum', x, ranks);

/**
 * Rows of all ranks, rank by rank. Its gradient for a rank's rows is the sum of what all ranks have for them: that of the
 * sum of the ranks' losses.
 *
 * @param x [n, …], as many rows on each rank
 * @returns [ranks · n, …]
 */
export function allGatherRows(x: Tensor, ranks: number): Tensor {
  const gather = tf.customGrad((input) => ({
    value: collective('CollectiveAllGatherRows', input as Tensor, ranks),
    gradFunc: (dy: Tensor) => collective('CollectiveReduceScatterRows', dy, ranks),
  }));
  return gather(x);
}
