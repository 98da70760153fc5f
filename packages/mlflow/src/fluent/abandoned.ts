import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOURNAL_FILE } from '../entries.ts';
import { endUnfinished, readEnd } from '../journal-end.ts';

/** Names the folder of another run of the same process, which has its reports: Node knows one place for them. */
const ELSEWHERE = 'fatal-reports';
let reports: string | undefined;

/** Node tells why it could not go on, such as that it ran out of memory, in a file that `endAbandoned` reads. */
export function reportFatalErrors(dir: string): void {
  if (!process.report) return;
  if (process.report.reportOnFatalError) {
    // Else someone wants it elsewhere.
    if (reports !== undefined && reports !== dir) writeFileSync(join(dir, ELSEWHERE), reports);
    return;
  }
  reports = dir;
  Object.assign(process.report, { reportOnFatalError: true, compact: true, directory: dir, excludeNetwork: true });
}

/** Ends a run whose process is gone without a word: FAILED where Node reported why, such as memory, else KILLED. */
export function endAbandoned(dir: string): void {
  if (readEnd(dir)) return;
  const error = fatalError(dir);
  endUnfinished(dir, error === undefined ? 'KILLED' : 'FAILED', error);
}

/** What Node reported when it could not go on: it was the last that the process did. */
function fatalError(dir: string): string | undefined {
  const last = statSync(join(dir, JOURNAL_FILE), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const other = join(dir, ELSEWHERE);
  const folders = [dir, ...(existsSync(other) ? [readFileSync(other, 'utf8')] : [])].filter((one) => existsSync(one));
  const found = folders
    .flatMap((folder) => readdirSync(folder).map((name) => ({ name, path: join(folder, name) })))
    .find(({ name, path }) => /^report\..*\.json$/.test(name) && statSync(path).mtimeMs >= last);
  return found && eventOf(found.path);
}

function eventOf(path: string): string {
  let event = 'a fatal error of Node'; // Cut off.
  try {
    event = (JSON.parse(readFileSync(path, 'utf8')) as { header: { event: string } }).header.event;
  } catch {}
  // The rest holds the environment.
  writeFileSync(`${path}.${process.pid}`, JSON.stringify({ header: { event } }));
  renameSync(`${path}.${process.pid}`, path);
  return event;
}
