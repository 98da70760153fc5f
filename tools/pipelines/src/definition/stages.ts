import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseConfig, type Stage } from '@simclr/stage';
import { type ConfigFile, taskConfig } from './config-file.ts';
import type { Pipeline } from './pipeline.ts';
import type { Task } from './tasks.ts';
import type { Workspace } from './workspace.ts';

/** Imports the stage that a task runs. */
export async function loadStage(workspace: Workspace, task: Task): Promise<Stage> {
  const own = workspace.packages.get(task.spec.run)!;
  const file = join(workspace.root, own.dir, own.exports['./stage']!);
  const module = (await import(pathToFileURL(file).href)) as { default?: Stage };
  if (!module.default?.run) throw new Error(`no stage: ${file}. its default export must be defineStage({ … })`);
  return module.default;
}

/** A task's config, checked against its stage's schema, defaults filled in. Throws a one-line UserError. */
export function parseTaskConfig(stage: Stage, config: ConfigFile, pipeline: Pipeline, task: Task): unknown {
  const [section] = task.spec.params;
  const ofMatrix = Object.keys(task.values).map((key) => `${section}.${key}`);
  const file = (key: string) =>
    ofMatrix.some((own) => key === own || key.startsWith(`${own}.`))
      ? `${pipeline.dir}/pipeline.yaml`
      : pipeline.config;
  return parseConfig(stage.config, taskConfig(config, task), section, file);
}
