import { UserError } from '@simclr/stage';
import type { ConfigFile } from '../definition/config-file.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { currentSession } from '../launch/session.ts';
import { type Keys, keysOf, ownKeyOf, syncKeys, syncOwnData } from './keys.ts';
import { type OwnData, readOwnData } from './own-data.ts';

/**
 * The digest of a task's own data, for Nx: as the run that is going on has found it, or as it is now where Nx or DVC was
 * called by hand, which then is written for DVC, and the keys with it. Without a task, for the writing only.
 */
export async function ownDataKey(
  workspace: Workspace,
  pipeline: Pipeline,
  config: ConfigFile,
  tasks: Task[],
  id: string | undefined,
): Promise<string> {
  if (!currentSession()) {
    syncKeys(workspace, pipeline.name);
    syncOwnData(workspace.root, pipeline, tasks, await readOwnData(workspace, config, tasks));
  }
  return (id && ownKeyOf(workspace.root, pipeline, id)) ?? '';
}

/**
 * Throws a one-line UserError where a task's config, code or own data is no more what it was when the run began: its
 * result would be remembered as that of what was there before.
 */
export function requireAsPlanned(
  root: string,
  pipeline: Pipeline,
  task: Task,
  now: Keys,
  ownKey: string | undefined,
): void {
  const planned = keysOf(root, pipeline, task.id);
  if (planned.task !== now.task)
    throw new UserError(`changed since the run began: ${pipeline.config}, of which ${task.id} reads a part. run again`);
  if (planned.code !== now.code) throw new UserError(`changed since the run began: code of ${task.id}. run again`);
  if (planned.versions !== now.versions)
    throw new UserError(`changed since the run began: package-lock.json, for ${task.id}. run again`);
  if (ownKey !== undefined && ownKey !== ownKeyOf(root, pipeline, task.id)) {
    throw new UserError(`changed since the run began: own data of ${task.id}. run again`);
  }
}

/** Throws a one-line UserError where a stage read data that changed meanwhile, of which it has some old and some new. */
export async function requireUnchanged(
  workspace: Workspace,
  config: ConfigFile,
  task: Task,
  before: OwnData,
): Promise<void> {
  const after = (await readOwnData(workspace, config, [task])).get(task.id) ?? {};
  const changed = Object.keys(before).find((source) => before[source] !== after[source]);
  if (changed === undefined) return;
  throw new UserError(`changed while ${task.id} read it: ${changed}. run again`);
}
