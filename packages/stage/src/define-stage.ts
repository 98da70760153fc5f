import type { z } from 'zod';
import { UserError } from './errors.ts';
import type { StageLog } from './log.ts';
import type { StagePlan } from './plan.ts';

/** What a stage gets. It knows nothing of Nx, DVC, Slurm, or where MLflow is. */
export interface StageContext<C> {
  /** Its part of the pipeline's config, defaults filled in. */
  config: C;
  /** Stage id → absolute folder of what that stage published. */
  inputs: Record<string, string>;
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
  /**
   * What `run` would do: for a dry run, which touches no data and loads no TensorFlow.
   *
   * @param inputs stage id → what that stage said of itself, of the needed stages that have a plan
   * @throws UserError where the configs of stages do not go together
   */
  plan?(config: z.infer<S>, inputs: Record<string, StagePlan>): StagePlan;
}

/** Types a stage; `src/stage.ts` of a stage's package exports the result as its default. */
export function defineStage<S extends z.ZodType>(stage: Stage<S>): Stage<S> {
  return stage;
}

/** The folder of a needed stage, or an error that names it (a pipeline.yaml without the need). */
export function inputFolder(inputs: Record<string, string>, stage: string): string {
  const folder = inputs[stage];
  if (folder === undefined) {
    throw new UserError(
      `missing input: ${stage}. add it to needs in pipeline.yaml. given: ${Object.keys(inputs).join(', ') || 'none'}`,
    );
  }
  return folder;
}
