import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Pipeline } from '../definition/pipeline.ts';
import { outFolder, type Task } from '../definition/tasks.ts';
import { knownEntry, type LockEntry, syncLock } from '../dvc/dvc.ts';
import { hydrate } from '../dvc/dvc-cache.ts';
import { callDvc, hasRemote, mistakeIn } from '../dvc/remote.ts';
import { taskFolder } from '../run/task-folder.ts';

/**
 * Puts the data of tasks in their places: from DVC's cache, or from its remote where that has them.
 *
 * @param say takes a line before the remote is asked, which may take its time
 * @returns the tasks whose data are neither here nor there
 */
export async function bringData(
  root: string,
  pipeline: Pipeline,
  tasks: readonly Task[],
  say: (line: string) => void,
): Promise<Task[]> {
  const lacking = () => tasks.filter((task) => !hydrate(root, taskFolder(root, task)));
  const absent = lacking();
  const entries = absent.flatMap((task): [string, LockEntry][] => {
    const entry = knownEntry(taskFolder(root, task));
    return entry ? [[task.id, entry]] : [];
  });
  if (!entries.length || !hasRemote(root)) return absent;
  say(`fetches data from the remote: ${entries.map(([id]) => id).join(', ')}`);
  // DVC fetches what dvc.lock has.
  await syncLock(join(root, pipeline.dir), Object.fromEntries(entries));
  const { ok, said } = await callDvc(root, pipeline.dir, ['fetch', ...entries.map(([id]) => `${outFolder(id)}/data`)]);
  const left = lacking();
  // It was said to be there.
  for (const task of left) rmSync(taskFolder(root, task).remote, { force: true });
  if (left.length) say(`not on the remote: ${left.map(({ id }) => id).join(', ')}${ok ? '' : `: ${mistakeIn(said)}`}`);
  return left;
}
