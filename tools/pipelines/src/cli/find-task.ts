import { UserError } from '@simclr/stage';
import { loadConfigFile } from '../definition/config-file.ts';
import { loadPipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import { expand, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { ownDataKey } from '../inputs/own-data-key.ts';

/** The task that Nx or DVC means. Throws a one-line UserError where there is none. */
export function findTask(workspace: Workspace, name: string, id: string): { run: Run; task: Task } {
  const pipeline = loadPipeline(workspace, name);
  const tasks = expand(pipeline);
  const task = tasks.find((each) => each.id === id);
  if (!task) throw new UserError(`unknown task: ${id}. must be one of: ${tasks.map((t) => t.id).join(', ')}`);
  return { run: { workspace, pipeline, tasks }, task };
}

/** Prints the digest of a task's own data, for Nx; without a task, it is written for DVC only. */
export async function tellOwnData(workspace: Workspace, name: string, id: string | undefined): Promise<number> {
  const pipeline = loadPipeline(workspace, name);
  const config = loadConfigFile(workspace.root, pipeline);
  process.stdout.write(`${await ownDataKey(workspace, pipeline, config, expand(pipeline), id)}\n`);
  return 0;
}
