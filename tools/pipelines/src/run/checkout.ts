import { accessSync, constants, existsSync, lstatSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { dvcFollowsGit } from '@simclr/bootstrap/dvc-without-git';
import { UserError, writeJson } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { knownEntry } from '../dvc/dvc.ts';
import { dropDamaged } from '../dvc/dvc-cache.ts';
import { mendLock } from '../dvc/dvc-lock.ts';
import { mendRwlock } from '../dvc/rwlock.ts';
import { type RunRecord, readRun } from './run-record.ts';
import { damageOf, removeDamaged, strayFiles } from './soundness.ts';
import { readJsonIfSound, receiptDigest, type TaskFolder, taskFolder } from './task-folder.ts';

/** Where a run writes, relative to the root; what is not there yet is made in the folder above. */
const written = ['.', '.nx', '.nx/cache', '.nx/workspace-data', '.cache', '.dvc', '.dvc/tmp', '.dvc/cache', '.mlflow'];

/**
 * Makes a checkout ready for a run of a pipeline: DVC is told whether there is git; what is damaged of a result, of dvc.lock
 * and of DVC's locks is taken out of the way, so that the run puts it back or makes it again.
 */
export async function prepareCheckout(
  { workspace: { root }, pipeline, tasks }: Run,
  print: (line: string) => void,
): Promise<void> {
  await dvcFollowsGit(root);
  if (await mendLock(root, pipeline, tasks))
    print(`${pipeline.dir}/dvc.lock: not readable, kept as dvc.lock.broken. written anew from the last results`);
  if (await mendRwlock(root)) print(`.dvc/tmp/rwlock: freed what a DVC that is gone had locked`);
  for (const task of tasks) takeOut(root, task, print);
}

/**
 * Takes what is damaged of a task's result out of the way, in DVC's cache too.
 * @param damage what is wrong with its data
 */
export function takeOut(
  root: string,
  task: Task,
  print: (line: string) => void,
  damage = damageOf(taskFolder(root, task)),
): void {
  const folder = taskFolder(root, task);
  const found = readRun(folder.run);
  const record = found?.stage === task.id ? found : undefined;
  const unreadable = [
    !record && folder.run,
    !receiptDigest(folder) && folder.receipt,
    !knownEntry(folder) && folder.lock,
    !areMetricsSound(folder, record) && folder.metrics,
  ].filter((file) => file !== false);
  for (const file of unreadable.filter(isThere)) {
    rmSync(file, { recursive: true });
    print(`damaged file: ${relative(root, file)}. removed, to be put back or made again`);
  }
  // The record has them too.
  if (record?.metrics && !existsSync(folder.metrics)) writeJson(folder.metrics, record.metrics);
  const stray = strayFiles(folder);
  for (const path of stray) {
    rmSync(join(folder.data, path));
    print(`no part of the data: ${relative(root, join(folder.data, path))}. removed`);
  }
  const [first] = stray.length ? damageOf(folder) : damage;
  const none = isThere(folder.data) && !statSync(folder.data, { throwIfNoEntry: false })?.isDirectory();
  if (!first && !none) return;
  removeDamaged(folder);
  dropDamaged(root, folder);
  print(`damaged data: ${relative(root, folder.data)}: ${first ?? 'no folder'}. removed, to be put back or made again`);
}

/** Whether metrics.json says what the record of the run has too; that of an older version does not. */
function areMetricsSound({ metrics }: TaskFolder, record: RunRecord | undefined): boolean {
  const found = readJsonIfSound(metrics);
  return record?.metrics ? isDeepStrictEqual(found, record.metrics) : found !== undefined;
}

/** Whether anything is there, be it a link that leads nowhere. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Throws a one-line UserError where a run of a pipeline cannot write what it has to. */
export function requireWritable(root: string, pipeline: Pipeline): void {
  const folders = [...written, pipeline.dir, `${pipeline.dir}/out`].map((dir) => join(root, dir));
  for (const folder of folders.filter(existsSync)) {
    try {
      accessSync(folder, constants.W_OK);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = code === 'EROFS' ? 'the file system is read-only' : "it is read-only or another user's";
      throw new UserError(
        `cannot write: ${folder}: ${why}. make it writable (chown, chmod), or run in a copy of the checkout`,
      );
    }
  }
}
