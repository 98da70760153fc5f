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
  const result: SyncResult = { journals: 0, unsent: 0, problems: [] };
  for (const dir of journalFolders(root)) {
    result.journals++;
    const say = (line: string) => void result.problems.push(`${dir}: ${line}`);
    try {
      await endIfAbandoned(dir);
      const { remaining, parentMissing, rejected } = await sendJournal(dir, client);
      rejected.forEach(say);
      if (parentMissing) say('its parent run is not on the server');
      if (remaining) result.unsent++;
    } catch (error) {
      if (error instanceof MlflowError && error.transient) throw error;
      say((error as Error).message); // One run that someone deleted keeps none of the others back.
      result.unsent++;
    }
  }
  return result;
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
