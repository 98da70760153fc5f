import { requireUsed } from '@simclr/evaluation/require-used';
import { refuseExtraction } from '@simclr/evaluation/wiring';
import type { StagePlan } from '@simclr/stage';
import { EXTRACTION, type LinearEvalConfig } from './config.ts';

/** Nothing to say of ready features; throws UserError where the config says how they are extracted. */
export default function planLinearEval(config: LinearEvalConfig): StagePlan {
  requireUsed(config, EXTRACTION.stage);
  refuseExtraction(config, EXTRACTION);
  return { facts: {} };
}
