import { contextTags } from '@simclr/mlflow';
import type { Pipeline } from './pipeline.ts';

/** One experiment a pipeline. */
export function experimentName(pipeline: Pipeline): string {
  return process.env.MLFLOW_EXPERIMENT_NAME || pipeline.name;
}

/** The tags of a pipeline's runs: who, which commit, which pipeline. */
export function runTags(root: string, pipeline: Pipeline): Record<string, string> {
  return {
    ...contextTags({ cwd: root }),
    'mlflow.source.type': 'PROJECT',
    'mlflow.source.name': `${pipeline.dir}/pipeline.yaml`,
    'simclr.pipeline': pipeline.name,
  };
}
