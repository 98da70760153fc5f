/** Meaning of a strength λ, which the paper (section B.8) does not say. The bias is free in any case. */
export interface PenaltyConvention {
  /** Beside the sum of the rows' losses, where λ is 1 / C of scikit-learn's; or beside their mean. */
  loss: 'sum' | 'mean';
  /** λ/2 ‖W‖², as scikit-learn and most papers write it, or λ ‖W‖², as TensorFlow's and Keras's regularisers have it. */
  penalty: 'half' | 'whole';
  /** W is of the features as they are; or of features centred and brought to a variance of 1 on average (`fitScaling`). */
  features: 'raw' | 'scaled';
}

/** Strengths on a scale that means the same for every kind of features. */
export const DEFAULT_CONVENTION: PenaltyConvention = { loss: 'sum', penalty: 'half', features: 'scaled' };

/** The paper's 45 strengths, 10⁻⁶ to 10⁵ with a ratio of 10^0.25 (section B.8), from weak to strong. */
export const paperStrengths = (): number[] => Array.from({ length: 45 }, (_, i) => 10 ** (-6 + i / 4));

/**
 * The strength that stands for λ beside a sum of losses of scaled features, which is what solvers minimise.
 * @param rows that are fitted
 * @param scale the features' were divided by
 */
export function solverPenalty(
  lambda: number,
  { loss, penalty, features }: PenaltyConvention,
  rows: number,
  scale: number,
): number {
  // W of scaled features is `scale` times that of raw ones.
  const factor = (loss === 'mean' ? rows : 1) * (penalty === 'whole' ? 2 : 1);
  return (lambda * factor) / (features === 'raw' ? scale ** 2 : 1);
}
