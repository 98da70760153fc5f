import type { TensorFlow } from '@simclr/tensorflow';
import type { ContrastMetrics } from './contrast-metrics.ts';
import { marginTriplet } from './margin-triplet.ts';
import type { NegativesConfig } from './negatives.ts';
import { ntLogistic } from './nt-logistic.ts';
import { type NtXentConfig, ntXent } from './nt-xent.ts';

interface PairObjective {
  /** Only the semi-hard negative closest to each anchor (Table 4's "sh"); otherwise all negatives. */
  semiHard: boolean;
  /** How the negatives of an anchor add up without `semiHard`. The paper does not say. */
  reduction: NegativesConfig['reduction'];
}

/** The contrastive loss (paper section 5.1): NT-Xent unless `kind` says otherwise. Plain JSON. */
export type ObjectiveConfig =
  | ({ kind?: 'nt_xent' } & NtXentConfig)
  | ({ kind: 'nt_logistic'; temperature: number } & PairObjective)
  | ({ kind: 'margin_triplet'; margin: number } & PairObjective);

/** @param z [2N, d]; rows 0..N−1 view 1, rows N..2N−1 view 2, which are anchors in turn */
export function contrastiveLoss(
  z: TensorFlow.Tensor,
  config: ObjectiveConfig,
): ContrastMetrics & { loss: TensorFlow.Scalar } {
  if (config.kind === 'nt_logistic') return ntLogistic(z, { ...config, ...negativesOf(config) });
  if (config.kind === 'margin_triplet') return marginTriplet(z, { ...config, ...negativesOf(config) });
  return ntXent(z, config);
}

const negativesOf = ({ semiHard, reduction }: PairObjective): NegativesConfig => ({
  mining: semiHard ? 'semihard_hardest' : 'none',
  reduction,
  direction: 'both',
});
