import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endUnfinished } from '@simclr/mlflow';
import { writeJson } from '@simclr/stage';
import { fingerprint, type TaskInputs } from '../inputs/task-inputs.ts';
import { isLively, type ProcessId, showLife, thisProcess } from '../launch/process-id.ts';
import { readJsonIfSound, type TaskFolder } from './task-folder.ts';

/** work/state.json: the run that may be resumed, if its inputs are still the same. */
export interface WorkState {
  fingerprint: string;
  key: string;
  /** Who works in the folder, or did last. */
  process: ProcessId;
  /** The folder itself: in a copy of it, nobody does. */
  folder: string;
}

export const readState = ({ state }: TaskFolder): WorkState | undefined =>
  readJsonIfSound<WorkState>(state, 'fingerprint', 'key', 'process');

/**
 * Takes a task's work folder: keeps what an unfinished run with the same inputs left there, and its MLflow run; wipes
 * anything else, and ends its MLflow run. A process that still writes its checkpoint there is waited for.
 *
 * @param info takes a line where it waits
 * @returns undefined when `signal` was aborted meanwhile
 */
export async function takeWork(
  folder: TaskFolder,
  inputs: TaskInputs,
  info: (line: string) => void,
  signal: AbortSignal,
): Promise<{ key: string; resumed: boolean } | undefined> {
  await waitForOther(folder, info, signal);
  if (signal.aborted) return undefined;
  removeTemporaries(folder);
  const print = fingerprint(inputs);
  const left = readState(folder);
  const resumed = left?.fingerprint === print;
  if (!left && existsSync(folder.state)) info('work/state.json is damaged: starts anew');
  if (!resumed) {
    rmSync(folder.work, { recursive: true, force: true });
    if (left) endUnfinished(join(folder.journals, left.key), 'KILLED');
  }
  const key = resumed ? left.key : randomUUID();
  writeJson(folder.state, { fingerprint: print, key, process: thisProcess(), folder: folder.work } satisfies WorkState);
  showLife(folder.state);
  const out = join(folder.work, 'out');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  return { key, resumed };
}

/** Whether a process other than this one works in the folder: in a copy of it, nobody does. */
function isTaken(folder: TaskFolder, { process: other, folder: where }: WorkState): boolean {
  const { host, pid } = thisProcess();
  return where === folder.work && !(other.pid === pid && other.host === host) && isLively(other, folder.state);
}

async function waitForOther(folder: TaskFolder, info: (line: string) => void, signal: AbortSignal): Promise<void> {
  let told = false;
  while (!signal.aborted) {
    const other = readState(folder);
    if (!other || !isTaken(folder, other)) return;
    if (!told) info(`waits for process ${other.process.pid} on ${other.process.host}, which works on the same`);
    told = true;
    await sleep(200);
  }
}

/** What a killed process was writing when it was. */
function removeTemporaries({ work }: TaskFolder): void {
  for (const folder of [work, dirname(work)].filter(existsSync)) {
    for (const name of readdirSync(folder)) {
      if (name.endsWith('.tmp')) rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}
