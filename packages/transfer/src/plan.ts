import { requireUsed } from '@simclr/evaluation/require-used';
import { refuseExtraction } from '@simclr/evaluation/wiring';
import type { StagePlan } from '@simclr/stage';
import { EXTRACTION, type TransferConfig } from './config.ts';

/** Nothing to say of ready features; throws UserError where the config says how they are extracted. */
export default function planTransfer(config: TransferConfig): StagePlan {
  requireUsed(config, EXTRACTION.stage);
  refuseExtraction(config, EXTRACTION);
  return { facts: {} };
}
