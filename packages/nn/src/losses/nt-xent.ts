import { type TensorFlow, tf } from '@simclr/tensorflow';
import { type ContrastMetrics, contrastMetrics } from './contrast-metrics.ts';
import { l2Normalize } from './l2-normalize.ts';

type Tensor = TensorFlow.Tensor;

export interface NtXentConfig {
  /** τ. */
  temperature: number;
  /** l2-normalise first: cosine similarity. */
  normalize: boolean;
  /** `paper`: mean over the 2N rows (Algorithm 1); `reference`: the code's mean(loss_a + loss_b), twice that. */
  scale: 'paper' | 'reference';
}

/** Where the rows of one replica are among those of all. */
export interface Replicas {
  /** z of all replicas, [2N, d]; rows 0..N−1 view 1, replica by replica, then view 2. */
  gathered: Tensor;
  /** Number of this replica, from 0: int32 []. */
  replica: Tensor;
}

export interface NtXent extends ContrastMetrics {
  loss: TensorFlow.Scalar;
  /** Similarities of view-1 rows with view-2 rows over τ, [n, N]. */
  logitsAB: Tensor;
}

/**
 * NT-Xent (paper section 2.1, tf2/objective.py): each view must find the other view of its image among all 2N − 1 others.
 * Safe at any temperature: row maxima are taken off before the exponential.
 *
 * With `replicas` it is the loss of one replica's rows against those of all (tpu_cross_replica_concat): the mean over
 * replicas is the loss of the whole batch, and its gradient for the rows of one replica comes from the losses of all,
 * through `gathered`.
 *
 * @param hidden z, [2n, d]; rows 0..n−1 view 1, rows n..2n−1 view 2
 */
export function ntXent(hidden: Tensor, { temperature, normalize, scale }: NtXentConfig, replicas?: Replicas): NtXent {
  const { gathered, replica } = replicas ?? { gathered: hidden };
  const [n, total] = [hidden.shape[0]! / 2, gathered.shape[0]! / 2];
  const prepare = (z: Tensor) => (normalize ? l2Normalize(z) : z) as TensorFlow.Tensor2D;
  const z = prepare(hidden);
  const all = gathered === hidden ? z : prepare(gathered);
  const logits = tf.div(tf.matMul(z, all, false, true), temperature);

  const rowsOf = (view: number) => {
    const rows = tf.range(view * total, view * total + n, 1, 'int32');
    return (replica ? tf.add(rows, tf.mul(replica, tf.scalar(n, 'int32'))) : rows) as TensorFlow.Tensor1D;
  };
  // A row is not its own negative. float32 holds 1e9 beside any logit; the loss is never computed in bf16.
  const own = tf.oneHot(tf.concat([rowsOf(0), rowsOf(1)]), 2 * total, 1e9, 0, 'float32');
  const masked = tf.sub(logits, own);
  const top = tf.max(masked, 1, true);
  const logSumExp = tf.add(tf.log(tf.sum(tf.exp(tf.sub(masked, top)), 1)), tf.squeeze(top, [1]));

  // The other views of a replica's images are its own rows.
  const others = [n, 0].map((at) => tf.slice(z, [at, 0], [n, -1]));
  const positive = tf.div(tf.sum(tf.mul(z, tf.concat(others)), 1), temperature);
  const loss = tf.mul(tf.mean(tf.sub(logSumExp, positive)), scale === 'paper' ? 1 : 2) as TensorFlow.Scalar;

  const logitsAB = tf.slice(logits, [0, total], [n, total]);
  return { loss, ...contrastMetrics(logitsAB, rowsOf(0)), logitsAB };
}
