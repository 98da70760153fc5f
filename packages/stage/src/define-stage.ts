import type { z } from 'zod';
import type { StageInputs } from './inputs.ts';
import type { StageLog } from './log.ts';

/** What a stage gets. It knows nothing of Nx, DVC, Slurm, or where MLflow is. */
export interface StageContext<C> {
  /** Its part of the pipeline's config, defaults filled in. */
  config: C;
  /** What the tasks before published, by the roles that the stage's package.json says it takes. */
  inputs: StageInputs;
  /** Absolute folder to write into; it is published by a rename after `run` returns. */
  out: string;
  /** Absolute folder that survives an interruption, for checkpoints. Wiped when config, inputs or code change. */
  work: string;
  log: StageLog;
  /** The pipeline's seed: every random number of the stage is addressed from it. */
  seed: number;
  /** Aborted on SIGINT, SIGTERM and SIGHUP, and when the run that started the stage is gone. A stage that can resume writes its checkpoint to `work` and throws Interrupted. */
  signal: AbortSignal;
}

export interface StageResult {
  /** Headline metrics, by which runs are compared: in metrics.json for `dvc metrics show`, and in MLflow's parent run. */
  metrics: Record<string, number>;
}

/** A function from (config, input folders) to an output folder. */
export interface Stage<S extends z.ZodType = z.ZodType> {
  name: string;
  /** A strict schema, defaults documented in place; an unknown key is an error. */
  config: S;
  run(context: StageContext<z.infer<S>>): Promise<StageResult>;
}

/** Types a stage; what a stage's package exports as `./stage` has the result as its default export. */
export function defineStage<S extends z.ZodType>(stage: Stage<S>): Stage<S> {
  return stage;
}
