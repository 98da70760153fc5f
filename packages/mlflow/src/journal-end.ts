import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { checked } from './checksum.ts';
import { type EndStatus, type Entry, JOURNAL_FILE, toLine } from './entries.ts';
import { recoverJournal } from './journal-state.ts';
import { ERROR_TAG } from './last-lines.ts';
import { checkName } from './limits.ts';

/**
 * Adds tags to the run of a journal that may have ended: its times and status stay as they are.
 *
 * @returns false where there is no journal
 */
export function tagRun(dir: string, values: Record<string, string>): boolean {
  const path = join(dir, JOURNAL_FILE);
  if (!existsSync(path) || !recoverJournal(path).run) return false;
  for (const name in values) checkName('tag', name);
  const entry: Entry = { time: Date.now(), type: 'tags', values };
  appendFileSync(path, toLine(entry));
  return true;
}

/**
 * Ends the run of a journal that nobody will go on with, as of its last entry, where it has not ended: a process that was
 * killed cannot say so, and its run would be shown as running for ever.
 *
 * @param error why, where that is known: the tag `error`
 */
export function endUnfinished(dir: string, status: EndStatus, error?: string): void {
  const path = join(dir, JOURNAL_FILE);
  if (!existsSync(path) || hasEnd(path)) return;
  const { run, open, time } = recoverJournal(path);
  if (!run || !open) return;
  const entries: Entry[] = [{ time, type: 'end', status }];
  if (error !== undefined) entries.unshift({ time, type: 'tags', values: { [ERROR_TAG]: error } });
  appendFileSync(path, entries.map(toLine).join(''));
}

/** How the run of a journal has ended, and why where that is known; undefined where it has not. */
export function readEnd(dir: string): { status: EndStatus; time: number; error?: string } | undefined {
  const path = join(dir, JOURNAL_FILE);
  const entries = existsSync(path) ? lastEntries(path) : [];
  const end = entries.at(-1);
  if (end?.type !== 'end') return undefined;
  const said = entries.findLast((entry) => entry.type === 'tags' && ERROR_TAG in entry.values);
  const error = said?.type === 'tags' ? said.values[ERROR_TAG] : undefined;
  return { status: end.status, time: end.time, ...(error !== undefined && { error }) };
}

const hasEnd = (path: string): boolean => lastEntries(path).at(-1)?.type === 'end';

// More than the longest tag takes.
const TAIL = 16_384;

/** What the last lines say, told without reading all that a long run logged; none where the last line is not whole. */
function lastEntries(path: string): Entry[] {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, TAIL));
    readSync(file, tail, 0, tail.length, size - tail.length);
    const lines = tail.toString('utf8').split('\n');
    if (lines.pop() !== '' || checked(lines.at(-1) ?? '') === undefined) return [];
    return lines.flatMap((line) => (checked(line) as Entry | undefined) ?? []);
  } finally {
    closeSync(file);
  }
}
