import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { JOURNAL_FILE } from './entries.ts';
import { MlflowError } from './errors.ts';
import { endAbandoned } from './fluent/abandoned.ts';
import { WRITER_LOCK } from './fluent/writer.ts';
import { acquireLock } from './lock.ts';
import { sendJournal } from './send.ts';

export interface SyncResult {
  /** Folders with a journal. */
  journals: number;
  /** Those of them that the server does not have the whole of. */
  unsent: number;
  /** What is refused, damaged or in the way, a line each. */
  problems: string[];
}

/**
 * Sends what is left in all journals below a folder. A run whose process is gone without a word is ended first.
 *
 * @throws MlflowError when the server does not answer
 */
export async function syncJournals(root: string, client: Client): Promise<SyncResult> {
  const folders = journalFolders(root);
  const problems = new Set<string>();
  const left: string[] = [];
  for (const dir of folders) {
    await endIfAbandoned(dir);
    if (!(await sendWhole(dir, client, problems))) left.push(dir);
  }
  // A run may stand before its parent, which is there now.
  let unsent = 0;
  for (const dir of left) if (!(await sendWhole(dir, client, problems))) unsent++;
  return { journals: folders.length, unsent, problems: [...problems] };
}

/** Whether the server has all of a journal now. */
async function sendWhole(dir: string, client: Client, problems: Set<string>): Promise<boolean> {
  try {
    const { remaining, parentMissing, rejected } = await sendJournal(dir, client);
    for (const line of rejected) problems.add(`${dir}: ${line}`);
    return remaining === 0 && !parentMissing;
  } catch (error) {
    if (error instanceof MlflowError && error.transient) throw error;
    problems.add(`${dir}: ${(error as Error).message}`); // One run that someone deleted keeps none of the others back.
    return false;
  }
}

/** All folders below one, itself among them, that hold a journal. */
function journalFolders(root: string): string[] {
  const own = existsSync(join(root, JOURNAL_FILE)) ? [root] : [];
  const inner = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...own, ...inner.flatMap(({ name }) => journalFolders(join(root, name)))];
}

/** Only of runs that were begun by `start`, whose writers hold a lock: of another journal nobody can tell. */
async function endIfAbandoned(dir: string): Promise<void> {
  const path = join(dir, WRITER_LOCK);
  if (!existsSync(path)) return;
  const lock = await acquireLock(path);
  if (!lock) return;
  endAbandoned(dir);
  lock.release();
}
