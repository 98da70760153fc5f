import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, UserError } from '@simclr/stage';
import type { Task } from '../definition/tasks.ts';

/** The folder of a task, `pipelines/<p>/out/<stage>[/<item>]`; all paths are absolute. */
export interface TaskFolder {
  /** What the stage published (a DVC out). */
  data: string;
  /** Checkpoints of an unfinished run. */
  work: string;
  /** `state.json` in `work`. */
  state: string;
  /** What its stage said when it last ran. */
  log: string;
  /** The MLflow journals, a folder each run. */
  journals: string;
  /** Headline metrics (a DVC metric). */
  metrics: string;
  /** Which run made the data, from what (a DVC out). */
  run: string;
  /** The digest of the data: what Nx hashes for the tasks that need it. */
  receipt: string;
  /** Sizes and times of the data's files when their content was last found right. */
  sound: string;
  /** The task's entry of dvc.lock: where the data is in DVC's cache. */
  lock: string;
  /** That DVC's remote has the data, where they are not fetched before a stage reads them. */
  remote: string;
  /** The pipeline's folder, where dvc.lock is. */
  pipeline: string;
  /** The task's name in dvc.lock. */
  id: string;
}

export function taskFolder(root: string, task: Pick<Task, 'out' | 'id'>): TaskFolder {
  const at = (name: string) => join(root, task.out, name);
  return {
    data: at('data'),
    work: at('work'),
    state: at('work/state.json'),
    log: at('log.txt'),
    journals: at('mlflow'),
    metrics: at('metrics.json'),
    run: at('run.json'),
    receipt: at('receipt.json'),
    sound: at('sound.json'),
    lock: at('lock.json'),
    remote: at('remote.json'),
    pipeline: join(root, ...task.out.split('/').slice(0, 2)),
    id: task.id,
  };
}

/**
 * The content of a JSON file of ours, or undefined where there is no such file.
 *
 * @param required keys that it has to have
 * @throws UserError where it is damaged, or is not such a file
 */
export function readJson<T extends object>(path: string, ...required: (keyof T & string)[]): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (/^(ENOENT|ENOTDIR)$/.test(code)) return undefined;
    if (code !== 'EISDIR' && code !== 'ELOOP') throw error;
    text = '';
  }
  const content = parsed(text);
  if (typeof content === 'object' && content && required.every((key) => Object.hasOwn(content, key))) {
    return content as T;
  }
  throw new UserError(`damaged file: ${path}. remove it and run again`);
}

/** The same where a damaged file is as good as none: what it says is of use, and not needed. */
export function readJsonIfSound<T extends object>(path: string, ...required: (keyof T & string)[]): T | undefined {
  try {
    return readJson<T>(path, ...required);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the data that is there consists of; undefined where there is none, or none that can be read. */
export const manifestOf = (folder: TaskFolder): Manifest | undefined =>
  readJsonIfSound<Manifest>(join(folder.data, 'manifest.json'), 'digest');

/** The digest of the data that is there now; an empty string where there is none. */
export function dataDigest(folder: TaskFolder): string {
  return manifestOf(folder)?.digest ?? '';
}

/** The digest of the data that Nx knows, which may be in DVC's cache only. */
export function receiptDigest(folder: TaskFolder): string {
  return readJsonIfSound<{ digest: string }>(folder.receipt, 'digest')?.digest ?? '';
}

/** The digest of a task's data: of those that are there, which DVC, called by hand, may have made, or of those elsewhere. */
export const knownDigest = (folder: TaskFolder): string => dataDigest(folder) || receiptDigest(folder);

/** The digests of tasks' data by their ids. */
export const digestsOf =
  (root: string, tasks: readonly Pick<Task, 'out' | 'id'>[]) =>
  (id: string): string =>
    knownDigest(taskFolder(root, tasks.find((task) => task.id === id)!));
