import { type ChildProcess, spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** What the keeper is told by who has ended the run himself. */
export const ENDED = 'ended';

/** The process beside a run that sends its journal, outlives it, and says how it ended where it could not. */
export interface Keeper {
  /** Starts it again if it is gone. */
  ensure(): void;
  /** The run has ended: it sends what is left. Resolves when the server has all, or after `waitMs`: it goes on. */
  finish(waitMs: number): Promise<boolean>;
}

/**
 * Its input is a pipe that this process holds: the end of that is the end of the run, however it comes. It is in a session
 * of its own, so that what stops this process does not stop it.
 *
 * @param onWarning takes what it has to say, a line each, while this process is there
 */
export function startKeeper(dir: string, env: NodeJS.ProcessEnv, onWarning: (line: string) => void): Keeper {
  const here = fileURLToPath(import.meta.url);
  const main = join(here, '..', `keep${extname(here)}`);
  let child: ChildProcess;

  function launch(): void {
    child = spawn(process.execPath, [main, dir, String(process.pid)], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env,
    });
    child.on('error', (error) => onWarning(`nothing is sent for now: ${error.message}`));
    child.stdin!.on('error', () => {}); // It is gone.
    createInterface({ input: child.stdout! }).on('line', onWarning);
    hold(false);
  }

  /** Whether this process waits for it. */
  function hold(on: boolean): void {
    for (const one of [child, child.stdin, child.stdout] as ({ ref(): void; unref(): void } | null)[]) {
      if (on) one?.ref();
      else one?.unref();
    }
  }

  const gone = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  launch();
  return {
    ensure() {
      if (gone()) launch();
    },
    async finish(waitMs) {
      if (gone()) launch();
      const ended = new Promise<number | null>((resolve) => {
        child.once('exit', resolve);
        child.once('error', () => resolve(null));
      });
      hold(true);
      child.stdin!.end(ENDED);
      const enough = new AbortController();
      const code = await Promise.race([ended, sleep(waitMs, null, { signal: enough.signal }).catch(() => null)]);
      enough.abort();
      hold(false);
      return code === 0;
    },
  };
}
