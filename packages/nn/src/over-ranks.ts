import { allGatherRows, allReduceSum, sizeOf, type TensorFlow, type Tensors, tf } from '@simclr/tensorflow';

type Tensor = TensorFlow.Tensor;

/** Numbers of a bucket of gradients, 4 MB: above it a reduction's time is that of its bytes. */
const BUCKET = 1 << 20;

/**
 * Views of all ranks, as they lie in one process: those of view 1, rank by rank, then those of view 2.
 * @param z [2n, d], a rank's, first views first
 * @returns [2 · ranks · n, d]; its gradient is that of the sum of the ranks' losses
 */
export function gatherViews(z: Tensor, ranks: number): Tensor {
  const [rows, dim] = [z.shape[0]!, z.shape[1]!];
  const byRank = tf.reshape(allGatherRows(z, ranks), [ranks, 2, rows / 2, dim]);
  return tf.reshape(tf.transpose(byRank, [1, 0, 2, 3]), [ranks * rows, dim]);
}

/** Means over the ranks, in buckets that begin with the last: gradients of the last layers are there first. */
export function meanOverRanks(tensors: Tensors, ranks: number): Tensors {
  const means: Tensors = {};
  for (const bucket of bucketsOf(Object.keys(tensors).reverse(), (name) => sizeOf(tensors[name]!.shape))) {
    const flat = bucket.map((name) => tf.reshape(tensors[name]!, [-1]));
    const sum = allReduceSum(flat.length > 1 ? tf.concat(flat) : flat[0]!, ranks);
    const sizes = flat.map(({ size }) => size);
    const parts = flat.length > 1 ? tf.split(sum, sizes) : [sum];
    bucket.forEach((name, i) => {
      means[name] = tf.div(tf.reshape(parts[i]!, tensors[name]!.shape), ranks);
    });
  }
  return Object.fromEntries(Object.keys(tensors).map((name) => [name, means[name]!]));
}

/** Runs of names of together at most a bucket, or of one that is larger. */
export function bucketsOf(names: readonly string[], size: (name: string) => number): string[][] {
  const buckets: string[][] = [];
  let room = 0;
  for (const name of names) {
    room -= size(name);
    if (room < 0) {
      buckets.push([]);
      room = BUCKET - size(name);
    }
    buckets.at(-1)!.push(name);
  }
  return buckets;
}
