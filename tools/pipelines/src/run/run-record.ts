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
}

/** @throws UserError where it is damaged */
export const readRun = (path: string): RunRecord | undefined => readJson<RunRecord>(path, 'key', 'inputs');
