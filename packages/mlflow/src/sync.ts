import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from './client.ts';
import { JOURNAL_FILE } from './entries.ts';
import { MlflowError } from './errors.ts';
import { endAbandoned } from './fluent/abandoned.ts';
import { WRITER_LOCK } from './fluent/writer.ts';
import { acquireLock } from './lock.ts';
import { sendJournal } from './send.ts';

export interface SentAll {
  journals: number;
  /** Those of them that the server does not have the whole of. */
  unsent: number;
  /** Those that it has, and not the run that they stand below: whoever was killed had not begun that one. */
  orphans: number;
  /** What is refused, damaged or in the way, each in a line. */
  problems: { dir: string; line: string }[];
}

/**
 * Sends what is new in some journals. A run that someone deleted keeps none of the others back.
 *
 * @throws MlflowError when the server does not answer; an aborted call returns
 */
export async function sendJournals(
  dirs: readonly string[],
  client: Client,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<SentAll> {
  const problems: SentAll['problems'] = [];
  const unsent = new Set<string>();
  const orphans = new Set<string>();
  const send = async (dir: string) => {
    unsent.add(dir);
    try {
      const { remaining, parentMissing, rejected } = await sendJournal(dir, client, signal ? { signal } : {});
      for (const line of rejected) problems.push({ dir, line });
      if (remaining === 0) unsent.delete(dir);
      if (parentMissing) orphans.add(dir);
      else orphans.delete(dir);
    } catch (error) {
      if (signal?.aborted) return;
      if (error instanceof MlflowError && error.transient) throw error;
      problems.push({ dir, line: (error as Error).message });
    }
  };
  for (const dir of dirs) await send(dir);
  // A run may stand before its parent, which is there now.
  for (const dir of [...orphans]) await send(dir);
  return { journals: dirs.length, unsent: unsent.size, orphans: orphans.size, problems };
}

/** The same of all journals below a folder. A run whose process is gone without a word is ended first. */
export async function syncJournals(root: string, client: Client): Promise<SentAll> {
  const dirs = journalFolders(root);
  for (const dir of dirs) await endIfAbandoned(dir);
  return sendJournals(dirs, client);
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
