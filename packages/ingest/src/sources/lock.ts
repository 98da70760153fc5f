import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between looks at a lock that another process has. */
const LOOK_MS = 300;

/** On another machine it shows by its age alone whether a process still works: it touches its lock no more. */
const FORGOTTEN_MS = 24 * 3600_000;

/** Whether whoever made the lock is gone. */
function isLeft(path: string): boolean {
  try {
    const [pid, host] = readFileSync(path, 'utf8').split(' ');
    if (host === hostname() && pid) return !isAlive(Number(pid));
    return Date.now() - statSync(path).mtimeMs > FORGOTTEN_MS;
  } catch {
    return false; // Taken away meanwhile.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Takes a lock between processes, a file; waits while another has it.
 * @param waiting told once, where it has to wait
 */
export async function takeLock(path: string, waiting: () => void, signal?: AbortSignal): Promise<Disposable> {
  for (let waited = false; ; ) {
    try {
      const file = openSync(path, 'wx');
      writeSync(file, `${process.pid} ${hostname()}`);
      closeSync(file);
      return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isLeft(path)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!waited) waiting();
    waited = true;
    await sleep(LOOK_MS, undefined, { signal });
  }
}
