import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Task } from '../definition/tasks.ts';
import { type LockEntry, readLock } from '../dvc/dvc.ts';

/** A task's result as dvc.lock has it. */
export interface Recorded {
  task: Task;
  entry: LockEntry;
}

/** The results that a pipeline's dvc.lock has, of those tasks. Throws UserError where it cannot be read. */
export function recordedResults(root: string, pipeline: Pipeline, tasks: readonly Task[]): Recorded[] {
  const folder = join(root, pipeline.dir);
  if (!existsSync(join(folder, 'dvc.lock'))) return [];
  let stages: Record<string, LockEntry> | undefined;
  try {
    stages = readLock(folder)!.stages; // of an empty file there are none to read
  } catch {
    throw new UserError(
      `damaged file: ${pipeline.dir}/dvc.lock. git checkout it, or run npm run pipeline -- run ${pipeline.name}`,
    );
  }
  return tasks.flatMap((task) => {
    const entry = stages?.[task.id];
    return entry?.outs ? [{ task, entry }] : [];
  });
}
