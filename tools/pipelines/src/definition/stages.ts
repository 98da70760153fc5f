import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Plan, parseConfig, type Stage } from '@simclr/stage';
import { type ConfigFile, taskConfig } from './config-file.ts';
import type { Pipeline } from './pipeline.ts';
import type { Task } from './tasks.ts';
import type { Workspace } from './workspace.ts';

/** Imports the stage that a task runs. */
export async function loadStage(workspace: Workspace, task: Task): Promise<Stage> {
  const { file, found } = await importExport(workspace, task, 'stage');
  if (!isStage(found)) throw new Error(`no stage: ${file}. its default export must be defineStage({ … })`);
  return found;
}

/** Imports what says what a task's stage would do; undefined where its package has no such export. */
export async function loadPlan(workspace: Workspace, task: Task): Promise<Plan | undefined> {
  const { file, found } = await importExport(workspace, task, 'plan');
  if (file !== undefined && typeof found !== 'function')
    throw new Error(`no plan: ${file}. its default export must be a function of config and inputs`);
  return found as Plan | undefined;
}

const isStage = (found: unknown): found is Stage => typeof (found as Stage | undefined)?.run === 'function';

/** The default export of the file that a task's package exports as `kind`, from the folder that serves the task's inputs. */
async function importExport(workspace: Workspace, { spec }: Task, kind: 'stage' | 'plan') {
  const { dir, exports } = workspace.packages.get(spec.run)!;
  const path = exports[`${spec.folder}/${kind}`];
  if (path === undefined) return {};
  const file = join(workspace.root, dir, path);
  const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  return { file, found: module.default };
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
