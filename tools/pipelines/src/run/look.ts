import { loadConfigFile } from '../definition/config-file.ts';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import type { MadeFrom } from '../dvc/record-result.ts';
import { ownKey, syncKeys, syncOwnData, taskKeys } from '../inputs/keys.ts';
import { readOwnData } from '../inputs/own-data.ts';
import { requireAsPlanned } from '../inputs/own-data-key.ts';
import { type TaskInputs, taskInputs } from '../inputs/task-inputs.ts';
import type { Session } from '../launch/session.ts';
import { digestsOf } from './task-folder.ts';

/** What a task's result is made from. */
export interface Look extends MadeFrom {
  inputs: TaskInputs;
}

/**
 * What a task's result is to be made from, as it is now. In a run it has to be what that began with; where DVC was called by
 * hand, this is what DVC will find in the files that it compares.
 */
export async function lookAtInputs(
  { workspace, pipeline, tasks }: Run,
  task: Task,
  session: Session | undefined,
): Promise<Look> {
  const { root } = workspace;
  const config = loadConfigFile(root, pipeline);
  const all = await readOwnData(workspace, config, session ? [task] : tasks);
  const keys = taskKeys(workspace, config, task);
  const own = all.get(task.id);
  if (session) {
    requireAsPlanned(root, pipeline, task, keys, own && ownKey(own));
  } else {
    syncKeys(workspace, pipeline.name);
    syncOwnData(root, pipeline, tasks, all);
  }
  return { config, keys, own: own ?? {}, inputs: taskInputs(workspace, config, task, digestsOf(root, tasks), own) };
}
