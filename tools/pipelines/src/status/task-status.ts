import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readEnd } from '@simclr/mlflow/journal-end';
import type { Task } from '../definition/tasks.ts';
import { isRemote } from '../dvc/dvc-cache.ts';
import { GOES_ON, type Planned } from '../run/plan.ts';
import { readRun } from '../run/run-record.ts';
import { manifestOf, receiptDigest, type TaskFolder, taskFolder } from '../run/task-folder.ts';
import { readState } from '../run/work-state.ts';

/**
 * `cached`: nothing to do; `stale`: something that it was made from has changed; `missing`: up to date, with its data not in
 * place; `remote`: with its data on DVC's remote, from where they are fetched once a stage reads them;
 * `damaged`: its data are not what was made.
 */
export type State =
  | 'running'
  | 'failed'
  | 'interrupted'
  | 'damaged'
  | 'stale'
  | 'never run'
  | 'missing'
  | 'remote'
  | 'cached';

/** One task as it stands. */
export interface TaskStatus {
  id: string;
  stage: string;
  needs: string[];
  state: State;
  /** Why it is in that state; nothing where it is cached. */
  why: string[];
  /** When its result was made, ms since 1970; null where there is none. */
  made: number | null;
  /** How long that took; null where that is not known. */
  seconds: number | null;
  /** Of its data; null where there are none here. */
  bytes: number | null;
  /** `simclr.run_key` of the run that made the result, or that is at work on one. */
  key: string | null;
  /** MLflow's page of that run, where a server answers that has it. */
  mlflow: string | null;
}

/** A task of which there is nothing yet. */
export function newTask({ id, stage, needs }: Task): TaskStatus {
  const none = { made: null, seconds: null, bytes: null, key: null, mlflow: null };
  return { id, stage, needs: needs.map((need) => need.id), state: 'never run', why: [], ...none };
}

/** @param running since when its stage is at work, ms since 1970, and in which run */
export function taskStatus(
  root: string,
  { task, reasons, accepted }: Planned,
  running: { started: number; key: string } | undefined,
): TaskStatus {
  const folder = taskFolder(root, task);
  const record = readRun(folder.run);
  const begun = reasons[0]?.startsWith(GOES_ON) ? readState(folder) : undefined;
  const end = begun && readEnd(join(folder.journals, begun.key));
  const { state, why } = stateOf(root, folder, {
    reasons,
    running,
    failed: end?.status === 'FAILED',
    error: end?.error,
  });
  const made = record ? (record.ended ? Date.parse(record.ended) : statSync(folder.run).mtimeMs) : null;
  return {
    ...newTask(task),
    state,
    why: accepted && state === 'cached' ? [`accepted: ${accepted.reason}`] : why,
    made,
    seconds: running ? (Date.now() - running.started) / 1000 : (record?.seconds ?? null),
    bytes: manifestOf(folder)?.files?.reduce((sum, { bytes }) => sum + bytes, 0) ?? null,
    key: running?.key ?? begun?.key ?? record?.key ?? null,
  };
}

interface Seen {
  reasons: string[];
  running: object | undefined;
  failed: boolean;
  error: string | undefined;
}

function stateOf(
  root: string,
  folder: TaskFolder,
  { reasons, running, failed, error }: Seen,
): { state: State; why: string[] } {
  if (running) return { state: 'running', why: [] };
  if (failed) return { state: 'failed', why: error === undefined ? [] : [error.split('\n')[0]!] };
  const [first] = reasons;
  if (first?.startsWith(GOES_ON)) return { state: 'interrupted', why: reasons };
  if (first?.startsWith('data damaged')) return { state: 'damaged', why: reasons };
  if (first !== undefined) {
    const never = !existsSync(folder.run) || !receiptDigest(folder);
    return never ? { state: 'never run', why: [] } : { state: 'stale', why: reasons };
  }
  if (isRemote(root, folder))
    return { state: 'remote', why: ["its data are on DVC's remote until a stage reads them"] };
  if (!existsSync(folder.data)) return { state: 'missing', why: ['its data are not in place: a run brings them back'] };
  return { state: 'cached', why: [] };
}
