import { type TensorFlow, tf } from '@simclr/tensorflow';
import { type NegativesConfig, type PairLoss, pairLoss } from './negatives.ts';

export interface NtLogisticConfig extends NegativesConfig {
  /** τ; appendix B.10 searches 0.1, 0.2, 0.5, 1. */
  temperature: number;
}

/**
 * NT-Logistic (paper Table 2): −log σ(u·v⁺/τ) − R log σ(−u·v⁻/τ) on l2-normalised rows, R over the negatives.
 *
 * @param hidden z, [2n, d]; rows 0..n−1 view 1, rows n..2n−1 view 2
 */
export function ntLogistic(hidden: TensorFlow.Tensor, { temperature, ...negatives }: NtLogisticConfig): PairLoss {
  return pairLoss(hidden, negatives, {
    positive: (own) => tf.softplus(tf.div(own, -temperature)),
    negative: (s) => tf.softplus(tf.div(s, temperature)),
    temperature,
  });
}
