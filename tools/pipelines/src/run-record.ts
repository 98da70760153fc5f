import type { StageResult } from '@simclr/stage';
import type { TaskInputs } from './task-inputs.ts';

/** run.json. `key` is the tag `simclr.run_key` of the MLflow run that made the data. */
export interface RunRecord {
  key: string;
  stage: string;
  pipeline: string;
  inputs: TaskInputs;
  metrics: StageResult['metrics'];
}
