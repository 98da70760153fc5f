import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endUnfinished } from '../journal-end.ts';

/** Ends a run whose process is gone without a word: FAILED where Node reported why, such as memory, else KILLED. */
export function endAbandoned(dir: string, pid?: number): void {
  const error = fatalError(dir, pid);
  endUnfinished(dir, error === undefined ? 'KILLED' : 'FAILED', error);
}

/** What Node reported when it could not go on; see `reportFatalErrors`. */
function fatalError(dir: string, pid: number | undefined): string | undefined {
  const of = (name: string) => /^report\.\d+\.\d+\.(\d+)\..*\.json$/.exec(name)?.[1];
  const name = readdirSync(dir).find((file) => (pid === undefined ? of(file) : of(file) === String(pid)));
  if (name === undefined) return undefined;
  const path = join(dir, name);
  try {
    const { header } = JSON.parse(readFileSync(path, 'utf8')) as { header: { event: string } };
    return header.event;
  } catch {
    return 'a fatal error of Node'; // Cut off.
  } finally {
    rmSync(path); // It holds the environment.
  }
}
