import { existsSync, readFileSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { tasksNamed } from './plan.ts';
import { taskFolder } from './task-folder.ts';

/**
 * What a stage said when it last ran, and why it failed if it did; of all its items, where it has some.
 *
 * @throws UserError one line: no such stage, or one that never ran here
 */
export function readLogs(workspace: Workspace, name: string, stage: string): string {
  const tasks = expand(loadPipeline(workspace, name));
  const named = tasksNamed(tasks, [stage]);
  const files = tasks
    .filter(({ id }) => named.has(id))
    .map((task) => taskFolder(workspace.root, task).log)
    .filter(existsSync);
  if (!files.length)
    throw new UserError(`no log: ${stage} never ran here. run npm run pipeline -- run ${name} ${stage}`);
  return files.map((file) => readFileSync(file, 'utf8')).join('');
}
