import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endUnfinished } from '@simclr/mlflow';
import { UserError, writeJson } from '@simclr/stage';
import { fingerprint, type TaskInputs } from '../inputs/task-inputs.ts';
import { launcher, nameOf } from '../launch/launchers.ts';
import { isLively, showLife, thisProcess } from '../launch/process-id.ts';
import { thisCopy } from '../launch/this-copy.ts';
import type { TaskFolder } from './task-folder.ts';
import { readState, type WorkState } from './work-state.ts';

/**
 * Takes a task's work folder: keeps what an unfinished run with the same inputs left there, and its MLflow run; wipes
 * anything else, and ends its MLflow run. A process that still writes its checkpoint there is waited for.
 *
 * @param made.forced whether it is made though nothing changed
 * @param info takes a line where it waits
 * @returns undefined when `signal` was aborted meanwhile; `out` is where this process alone makes the result
 */
export async function takeWork(
  folder: TaskFolder,
  { inputs, forced }: { inputs: TaskInputs; forced: boolean },
  info: (line: string) => void,
  signal: AbortSignal,
): Promise<{ key: string; resumed: boolean; out: string } | undefined> {
  const copy = thisCopy();
  const before = readState(folder)?.copy;
  if (copy && before?.id === copy.id && before.restart > copy.restart)
    throw new UserError(`given up: ${nameOf(copy)}, restart ${copy.restart}: another copy has the work`);
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
  const process = thisProcess();
  writeJson(folder.state, { fingerprint: print, key, forced, process, folder: folder.work, copy } satisfies WorkState);
  showLife(folder.state);
  for (const name of readdirSync(folder.work).filter((each) => /^out(\.|$)/.test(each)))
    rmSync(join(folder.work, name), { recursive: true, force: true });
  // A copy that was given up may not know it yet.
  const out = join(folder.work, copy ? `out.${copy.id.replaceAll('/', '.')}.${copy.restart}` : 'out');
  mkdirSync(out, { recursive: true });
  return { key, resumed, out };
}

/** Whether a process other than this one works in the folder: in a copy of it, nobody does. */
async function isTaken(folder: TaskFolder, { process: other, folder: where, copy }: WorkState): Promise<boolean> {
  if (where !== folder.work) return false;
  if (copy) return copy.id !== thisCopy()?.id && (await launcher.alive(copy));
  const { host, pid } = thisProcess();
  return !(other.pid === pid && other.host === host) && isLively(other, folder.state);
}

/**
 * Whether this process is a copy of a job that its scheduler has given up and started anew, or whose work another job has: as a node
 * that was cut off comes back, or its daemon was gone while the stage went on. Such a one may publish nothing.
 */
export function isFenced(folder: TaskFolder): boolean {
  const mine = thisCopy();
  if (!mine) return false;
  const now = readState(folder)?.copy;
  return now?.id !== mine.id || now.restart !== mine.restart;
}

async function waitForOther(folder: TaskFolder, info: (line: string) => void, signal: AbortSignal): Promise<void> {
  let told = false;
  while (!signal.aborted) {
    const other = readState(folder);
    if (!other || !(await isTaken(folder, other))) return;
    const { process, copy } = other;
    const who = copy ? nameOf(copy) : `process ${process.pid} on ${process.host}`;
    if (!told) info(`waits for ${who}, which works on the same`);
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
