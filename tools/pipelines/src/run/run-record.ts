import type { StageResult } from '@simclr/stage';
import type { TaskInputs } from '../inputs/task-inputs.ts';
import { readJson } from './task-folder.ts';

/** run.json. `key` is the tag `simclr.run_key` of the MLflow run that made the data. */
export interface RunRecord {
  key: string;
  stage: string;
  pipeline: string;
  inputs: TaskInputs;
  /** Absent in a file of an older version. */
  metrics?: StageResult['metrics'];
  /** Changes of the code since the data were made, which someone took for irrelevant; `inputs` has the code of the last. */
  accepted?: Acceptance[];
}

/** Who took a change of the code for irrelevant, when, and why. */
export interface Acceptance {
  /** ISO 8601. */
  at: string;
  by: string;
  reason: string;
  /** What had changed, in words. */
  changes: string[];
}

/** @throws UserError where it is damaged */
export const readRun = (path: string): RunRecord | undefined => readJson<RunRecord>(path, 'key', 'inputs');
