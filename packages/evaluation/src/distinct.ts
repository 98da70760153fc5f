import { labelPercent } from '@simclr/artifacts';
import { z } from '@simclr/stage';

/** A list in which nothing is twice: what has the name of another would be evaluated again, or take the other's place. */
export const distinct = <T extends z.ZodType>(each: T) =>
  z.array(each).min(1).refine(areDistinct, { error: 'expected each once' });

/** Shares of the labels, 1 all of them. Results and checkpoints are named by {@link labelPercent}, which has three digits. */
export const labelShares = z
  .array(z.number().gt(0).max(1))
  .min(1)
  .refine((shares) => areDistinct(shares.map(labelPercent)), {
    error: 'expected each share once, to three digits of a per cent',
  });

function areDistinct(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
