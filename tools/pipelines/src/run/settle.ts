import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { knownEntry, type LockEntry, syncLock } from '../dvc/dvc.ts';
import { hydrate, isRemote } from '../dvc/dvc-cache.ts';
import { dataDigest, receiptDigest, taskFolder } from './task-folder.ts';
import { unfinishedRun } from './unfinished-run.ts';

/** Whether all results are in place as they were recorded, and the last run has come to its end. */
export function isSettled({ workspace: { root }, pipeline, tasks }: Run): boolean {
  const folders = tasks.map((task) => taskFolder(root, task));
  const inPlace = folders.every((folder) => {
    const digest = dataDigest(folder);
    return (digest !== '' && digest === receiptDigest(folder) && knownEntry(folder)) || isRemote(root, folder);
  });
  return inPlace && !existsSync(unfinishedRun(root, pipeline));
}

/** Nx puts back small files only: the data they stand for follows from DVC's cache, and DVC is told. */
export async function settle(root: string, pipeline: Pipeline, tasks: Task[]): Promise<void> {
  const entries: Record<string, LockEntry> = {};
  for (const task of tasks) {
    const folder = taskFolder(root, task);
    const entry = knownEntry(folder);
    if (entry && (hydrate(root, folder) || isRemote(root, folder))) entries[task.id] = entry;
  }
  await syncLock(join(root, pipeline.dir), entries);
}
