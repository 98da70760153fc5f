import { randomUUID } from 'node:crypto';
import { closeSync, lstatSync, openSync, readFileSync, renameSync, rmSync, utimesSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { processAlive, processStart } from './processes.ts';

/** A lock that its holder has not refreshed for so long is given up: the holder may be on a machine that is gone. */
const ABANDONED_MS = 10 * 60_000;
/** How long a taken-over lock is watched before it is trusted. */
const SETTLE_MS = 50;

interface Holder {
  pid: number;
  host: string;
  /** The process's start time, where the system tells it: a pid may be used again. */
  start: string | undefined;
  token: string;
}

export interface Lock {
  /** Shows that the holder is alive; throws when the lock was lost. Call it every minute or so. */
  refresh(): void;
  release(): void;
}

/** Takes the lock file at `path`, or returns undefined when a living process holds it. */
export async function acquireLock(path: string): Promise<Lock | undefined> {
  const token = randomUUID();
  const start = processStart(process.pid);
  const mine = JSON.stringify({ pid: process.pid, host: hostname(), start, token } satisfies Holder);
  const own = () => read(path)?.token === token;

  try {
    create(path, mine);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!abandoned(path)) return undefined;
    // Several processes may find the same dead lock: each renames its own file over it, the last one wins.
    create(`${path}.${token}`, mine);
    if (abandoned(path)) takeOver(`${path}.${token}`, path);
    else rmSync(`${path}.${token}`);
    await sleep(SETTLE_MS);
    if (!own()) return undefined;
  }
  return {
    refresh() {
      if (!own()) throw new Error(`lost the lock: ${path} was taken by process ${read(path)?.pid ?? '(none)'}`);
      utimesSync(path, new Date(), new Date());
    },
    release() {
      if (own()) rmSync(path, { force: true });
    },
  };
}

function takeOver(from: string, path: string): void {
  // Something that is no lock at all.
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true, force: true });
  renameSync(from, path);
}

/** Writes a file that is not there yet; a full disk, which takes its name and not its content, leaves none. */
function create(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

function abandoned(path: string): boolean {
  let age: number;
  try {
    age = Date.now() - lstatSync(path).mtimeMs;
  } catch {
    return false; // Released this moment: the next try gets it.
  }
  const holder = read(path);
  // Without readable content the holder is in the middle of creating it, or died there.
  if (!holder) return age > 5000;
  if (holder.host !== hostname()) return age > ABANDONED_MS;
  if (!processAlive(holder.pid)) return true;
  if (holder.start !== undefined && processStart(holder.pid) !== holder.start) return true;
  // Old, though its holder lives: it was copied here with its folder.
  return age > ABANDONED_MS;
}

function read(path: string): Holder | undefined {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder> | null;
    return typeof found?.pid === 'number' && typeof found.host === 'string' ? (found as Holder) : undefined;
  } catch {
    return undefined;
  }
}
