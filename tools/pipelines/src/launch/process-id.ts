import { statSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { processAlive, processStart } from '@simclr/mlflow/processes';

/** A process, told apart from a later one with the same pid, and from one on another machine that sees the same files. */
export interface ProcessId {
  host: string;
  pid: number;
  /** When it started, in a unit of the system's. */
  start?: string | undefined;
}

/** A process of this machine. */
export const processOf = (pid: number): ProcessId => ({ host: hostname(), pid, start: processStart(pid) });

export const thisProcess = (): ProcessId => processOf(process.pid);

/** Whether a process runs. One of another machine counts as running: we cannot know. */
export function isAlive({ host, pid, start }: ProcessId): boolean {
  if (host !== hostname()) return true;
  return processAlive(pid) && (start === undefined || processStart(pid) === start);
}

// Of a process on another machine, the file that it touches is the only sign. A busy one may be late by minutes.
const TOUCH_MS = 10_000;
const SILENT_MS = 5 * 60_000;

/** Touches a file of this process's every 10 s, as long as it is there, for those on other machines that see it. */
export function showLife(file: string): void {
  const timer = setInterval(() => {
    try {
      const now = new Date();
      utimesSync(file, now, now);
    } catch {
      clearInterval(timer);
    }
  }, TOUCH_MS);
  timer.unref();
}

/** Whether a process runs that touches `file`; one on another machine, such as a container that is gone, by that alone. */
export function isLively(process: ProcessId, file: string): boolean {
  if (process.host === hostname()) return isAlive(process);
  return Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < SILENT_MS;
}

/** Sends a signal to a process of this machine, if it is still the one that is meant. */
export function signalProcess(id: ProcessId, signal: NodeJS.Signals): void {
  if (id.host !== hostname() || !isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch {
    // Gone this moment.
  }
}

const EVERY_MS = 1000;

/** Calls back once `condition` holds, within a second or two. Returns a function that undoes it. */
export function when(condition: () => boolean, callback: () => void): () => void {
  const timer = setInterval(() => {
    if (!condition()) return;
    clearInterval(timer);
    callback();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
