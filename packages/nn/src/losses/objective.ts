import type { TensorFlow } from '@simclr/tensorflow';
import type { ContrastMetrics } from './contrast-metrics.ts';
import { marginTriplet } from './margin-triplet.ts';
import type { NegativesConfig } from './negatives.ts';
import { ntLogistic } from './nt-logistic.ts';
import { type NtXentConfig, ntXent, type Replicas } from './nt-xent.ts';

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

/**
 * @param z [2N, d]; rows 0..N−1 view 1, rows N..2N−1 view 2, which are anchors in turn
 * @param replicas where z is a replica's, a loss whose mean over the replicas is that of the batch: NT-Xent's rows are
 * those of the replica, the other losses are the whole batch's on each
 */
export function contrastiveLoss(
  z: TensorFlow.Tensor,
  config: ObjectiveConfig,
  replicas?: Replicas,
): ContrastMetrics & { loss: TensorFlow.Scalar } {
  const all = replicas?.gathered ?? z;
  if (config.kind === 'nt_logistic') return ntLogistic(all, { ...config, ...negativesOf(config) });
  if (config.kind === 'margin_triplet') return marginTriplet(all, { ...config, ...negativesOf(config) });
  return ntXent(z, config, replicas);
}

const negativesOf = ({ semiHard, reduction }: PairObjective): NegativesConfig => ({
  mining: semiHard ? 'semihard_hardest' : 'none',
  reduction,
  direction: 'both',
});
