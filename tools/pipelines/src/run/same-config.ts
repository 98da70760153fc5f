import { isDeepStrictEqual } from 'node:util';
import type { Stage } from '@simclr/stage';
import type { ConfigFile } from '../definition/config-file.ts';
import type { Run } from '../definition/run.ts';
import { loadStage } from '../definition/stages.ts';
import type { Task } from '../definition/tasks.ts';
import type { OwnData } from '../inputs/own-data.ts';
import { describeChanges, type TaskInputs, taskInputs } from '../inputs/task-inputs.ts';
import type { Planned } from './plan.ts';
import { readRun } from './run-record.ts';
import { digestsOf, taskFolder } from './task-folder.ts';

/*
 * A default that is written out, or left out, changes a config and no result. Nx, DVC and the plan compare what is written, since
 * defaults are known to the stages alone, which take seconds to load: it is asked of those that would run for this reason.
 */

/** Whether two inputs differ in the config as it is written, and in nothing else: not once defaults are filled in. */
export function differInDefaults(stage: Stage, task: Task, before: TaskInputs, now: TaskInputs): boolean {
  if (isDeepStrictEqual(before.config, now.config) || !differInConfig(before, now)) return false;
  if (before.config.seed !== now.config.seed) return false;
  const [section] = task.spec.params;
  const [then, after] = [before, now].map(({ config }) => stage.config.safeParse(config[section]));
  return then!.success && after!.success && isDeepStrictEqual(then!.data, after!.data);
}

const differInConfig = (before: TaskInputs, now: TaskInputs): boolean =>
  !describeChanges({ ...before, config: now.config }, now).length;

/**
 * Ids of the tasks of a plan that are due, and whose config differs from that of their result in defaults alone. Their stages are
 * imported, and no others.
 *
 * @param own by task id, the user's folders that it reads
 */
export async function dueByDefaults(
  { workspace, tasks }: Run,
  config: ConfigFile,
  own: ReadonlyMap<string, OwnData>,
  plan: readonly Planned[],
): Promise<ReadonlySet<string>> {
  const digestOf = digestsOf(workspace.root, tasks);
  const found = await Promise.all(
    plan.map(async ({ task, reasons }) => {
      // A key that goes, or that comes: of another value, the schema need not be asked.
      if (!reasons.some((reason) => reason.startsWith('config ') && reason.includes('unset'))) return [];
      const record = readRun(taskFolder(workspace.root, task).run);
      const now = taskInputs(workspace, config, task, digestOf, own.get(task.id));
      if (!record || !differInConfig(record.inputs, now)) return [];
      return differInDefaults(await loadStage(workspace, task), task, record.inputs, now) ? [task.id] : [];
    }),
  );
  return new Set(found.flat());
}
