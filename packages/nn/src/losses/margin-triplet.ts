import { relu, type TensorFlow, tf } from '@simclr/tensorflow';
import { type NegativesConfig, type PairLoss, pairLoss } from './negatives.ts';

export interface MarginTripletConfig extends NegativesConfig {
  /** m, in cosine similarity; appendix B.10 searches 0, 0.4, 0.8, 1.6. */
  margin: number;
}

/**
 * Margin triplet loss (paper Table 2): R max(u·v⁻ − u·v⁺ + m, 0) on l2-normalised rows, R over the negatives. Its
 * metrics are those of the cosine similarities, at τ = 1.
 *
 * @param hidden z, [2n, d]; rows 0..n−1 view 1, rows n..2n−1 view 2
 */
export function marginTriplet(hidden: TensorFlow.Tensor, { margin, ...negatives }: MarginTripletConfig): PairLoss {
  return pairLoss(hidden, negatives, {
    negative: (s, own) => relu(tf.add(tf.sub(s, own), margin)),
    margin,
    temperature: 1,
  });
}
