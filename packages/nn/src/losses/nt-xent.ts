import { type TensorFlow, tf } from '@simclr/tensorflow';

type Tensor = TensorFlow.Tensor;

export interface NtXentConfig {
  /** τ. */
  temperature: number;
  /** l2-normalise first: cosine similarity. */
  normalize: boolean;
  /** `paper`: mean over the 2N rows (Algorithm 1); `reference`: the code's mean(loss_a + loss_b), twice that. */
  scale: 'paper' | 'reference';
}

export interface NtXent {
  loss: TensorFlow.Scalar;
  /** Share of view-1 rows whose positive is the most similar view-2 row. */
  contrastAcc: TensorFlow.Scalar;
  /** Mean entropy of their softmax in nats, −Σ p log(p + 1e-8). */
  contrastEntropy: TensorFlow.Scalar;
  /** Similarities of view-1 rows with view-2 rows over τ, [N, N]. */
  logitsAB: Tensor;
}

/** TensorFlow's l2_normalize: x · rsqrt(max(Σx², 1e-12)) a row. */
function normalizeRows(x: Tensor): Tensor {
  return tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), 1, true), 1e-12)));
}

/**
 * NT-Xent (paper section 2.1, tf2/objective.py): each view must find the other view of its image among all 2N − 1 others.
 * Safe at any temperature: row maxima are taken off before the exponential.
 *
 * @param hidden z, [2N, d]; rows 0..N−1 view 1, rows N..2N−1 view 2
 */
export function ntXent(hidden: Tensor, { temperature, normalize, scale }: NtXentConfig): NtXent {
  const n = hidden.shape[0]! / 2;
  const z = (normalize ? normalizeRows(hidden) : hidden) as TensorFlow.Tensor2D;
  const logits = tf.div(tf.matMul(z, z, false, true), temperature);
  // A row is not its own negative. float32 holds 1e9 beside any logit; the loss is never computed in bf16.
  const masked = tf.sub(logits, tf.mul(tf.eye(2 * n), 1e9));
  const top = tf.max(masked, 1, true);
  const logSumExp = tf.add(tf.log(tf.sum(tf.exp(tf.sub(masked, top)), 1)), tf.squeeze(top, [1]));

  const half = (at: number) => tf.slice(z, [at, 0], [n, -1]);
  const positive = tf.div(tf.sum(tf.mul(half(0), half(n)), 1), temperature);
  const loss = tf.mul(tf.sub(tf.mean(logSumExp), tf.mean(positive)), scale === 'paper' ? 1 : 2) as TensorFlow.Scalar;

  const logitsAB = tf.slice(logits, [0, n], [n, n]);
  const own = tf.range(0, n, 1, 'int32');
  const contrastAcc = tf.mean(tf.cast(tf.equal(tf.argMax(logitsAB, 1), own), 'float32')) as TensorFlow.Scalar;
  const p = tf.softmax(logitsAB);
  const contrastEntropy = tf.neg(tf.mean(tf.sum(tf.mul(p, tf.log(tf.add(p, 1e-8))), 1))) as TensorFlow.Scalar;
  return { loss, contrastAcc, contrastEntropy, logitsAB };
}
