import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from '@simclr/stage';
import { parse } from 'yaml';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Task } from '../definition/tasks.ts';
import { taskFolder } from '../run/task-folder.ts';
import { knownEntry, syncLock } from './dvc.ts';

const files = z.array(z.looseObject({ path: z.string() }));
const lockFile = z.strictObject({
  schema: z.literal('2.0'),
  stages: z.record(
    z.string(),
    z.strictObject({
      cmd: z.union([z.string(), z.array(z.string())]),
      deps: files.optional(),
      params: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
      outs: files.optional(),
    }),
  ),
});

/** Whether DVC can read the text of a dvc.lock. */
function isLock(text: string): boolean {
  try {
    return lockFile.safeParse(parse(text)).success;
  } catch {
    return false;
  }
}

/**
 * Sets a dvc.lock aside that DVC cannot read (cut off, in conflict, of another tool) and writes what is known of the last
 * results instead. Of what is not known, DVC finds the results in its run-cache, or runs the stage.
 *
 * @returns whether there was anything to mend
 */
export async function mendLock(root: string, pipeline: Pipeline, tasks: Task[]): Promise<boolean> {
  const folder = join(root, pipeline.dir);
  const file = join(folder, 'dvc.lock');
  if (!existsSync(file)) return false;
  const text = readFileSync(file, 'utf8');
  if (isLock(text)) return false;
  // DVC writes the file in place: one that runs may be half-way through.
  await sleep(500);
  if (readFileSync(file, 'utf8') !== text) return false;
  const known = tasks.map((task) => [task.id, knownEntry(taskFolder(root, task))] as const);
  renameSync(file, `${file}.broken`);
  await syncLock(folder, Object.fromEntries(known.flatMap(([id, entry]) => (entry ? [[id, entry]] : []))));
  return true;
}
