/**
 * What a stage is, and the few things that all stages share: strict configs, one-line errors, addressed randomness,
 * atomic outputs, progress.
 *
 * {@link ../example.ts} runs.
 */
export { z } from 'zod';
export { parseConfig } from './config.ts';
// Types
export type { Stage, StageContext, StageResult } from './define-stage.ts';
export { defineStage } from './define-stage.ts';
export { checkAll, Interrupted, UserError } from './errors.ts';
export { publishFolder, writeFileAtomic, writeJson } from './files.ts';
export type { ByRole, InputTask, Role, StageInputs } from './inputs.ts';
export { inputFolder, inputOf, inputsOf, ROLES } from './inputs.ts';
export type { MemoryLog, StageLog } from './log.ts';
export { memoryLog } from './log.ts';
export type { Manifest } from './manifest.ts';
export { hashFile, writeManifest } from './manifest.ts';
export type { Plan, PlannedDataset, PlannedInputs, PlannedNetwork, StagePlan } from './plan.ts';
export { chooseDataset, plannedDataset, plannedDatasets } from './plan.ts';
export type { Progress } from './progress.ts';
export { startProgress } from './progress.ts';
export type { Random } from './random.ts';
export { AddressedStream, addressed, permutation, randomInt, randomNormal } from './random.ts';
export { soleInputs } from './testing/sole-inputs.ts';
