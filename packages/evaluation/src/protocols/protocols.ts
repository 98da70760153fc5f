import type { PROBES } from '../config.ts';
import { learnFewShot } from './few-shot.ts';
import { learnKnn } from './knn.ts';
import type { Protocol } from './learning.ts';
import { learnLinear } from './linear.ts';
import { learnRidge } from './ridge.ts';

/** Protocols by the names that a config has for them. */
export const protocols: Record<(typeof PROBES)[number], Protocol> = {
  linear: learnLinear,
  knn: learnKnn,
  ridge: learnRidge,
  'few-shot': learnFewShot,
};
