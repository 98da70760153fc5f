import type { StageResult } from '@simclr/stage';
import type { TaskInputs } from '../inputs/task-inputs.ts';
import { readSealed } from './sealed.ts';

/** run.json. `key` is the tag `simclr.run_key` of the MLflow run that made the data. */
export interface RunRecord {
  key: string;
  stage: string;
  pipeline: string;
  inputs: TaskInputs;
  /** Absent in a file of an older version. */
  metrics?: StageResult['metrics'];
  /** When the stage was done, ISO 8601, and how long it took after its last start. Absent in a file of an older version. */
  ended?: string;
  seconds?: number;
  /** The version of Node that its stage ran in. */
  node?: string;
  /** The digest of the data, as their manifest has it. Absent in a file of an older version. */
  digest?: string;
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

/** The record of a run; undefined where there is none that is sound. */
export const readRun = (path: string): RunRecord | undefined => readSealed<RunRecord>(path, 'key', 'inputs');
