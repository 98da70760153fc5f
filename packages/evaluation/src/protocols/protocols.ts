import type { PROBES, ProbeConfig } from '../config.ts';
import { learnFewShot } from './few-shot.ts';
import { learnKnn } from './knn.ts';
import type { Protocol } from './learning.ts';
import { learnLinear } from './linear.ts';
import { learnRidge } from './ridge.ts';

/** Classifiers that a protocol makes of one kind of features. */
export function classifierCount(
  protocol: (typeof PROBES)[number],
  { labelFractions, draws, fewShot }: ProbeConfig,
): number {
  if (protocol === 'linear') return labelFractions.reduce((sum, share) => sum + (share === 1 ? 1 : draws), 0);
  return protocol === 'few-shot' ? fewShot.shots.length * fewShot.draws : 1;
}

/** Protocols by the names that a config has for them. */
export const protocols: Record<(typeof PROBES)[number], Protocol> = {
  linear: learnLinear,
  knn: learnKnn,
  ridge: learnRidge,
  'few-shot': learnFewShot,
};
