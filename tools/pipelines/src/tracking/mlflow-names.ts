import { contextTags } from '@simclr/mlflow';
import { UserError } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';

/** One experiment a pipeline. */
export function experimentName(pipeline: Pipeline): string {
  return process.env.MLFLOW_EXPERIMENT_NAME || pipeline.name;
}

/** The tags of a pipeline's runs: who, which commit, which pipeline. Throws a UserError for a bad MLFLOW_RUN_CONTEXT. */
export function runTags(root: string, pipeline: Pipeline): Record<string, string> {
  return {
    ...context(root),
    'mlflow.source.type': 'PROJECT',
    'mlflow.source.name': `${pipeline.dir}/pipeline.yaml`,
    'simclr.pipeline': pipeline.name,
  };
}

function context(root: string): Record<string, string> {
  try {
    return contextTags({ cwd: root });
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}
