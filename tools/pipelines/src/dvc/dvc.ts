import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic, writeJson } from '@simclr/stage';
import { Document, parse, visit } from 'yaml';
import { outFolder } from '../definition/tasks.ts';
import { alone } from '../launch/alone.ts';
import { readSealed, writeSealed } from '../run/sealed.ts';
import type { TaskFolder } from '../run/task-folder.ts';

/** A file or folder as dvc.lock records it; of a folder also how many files it has. */
export interface LockedOut {
  path: string;
  hash?: 'md5';
  md5: string;
  /** Bytes. */
  size?: number;
  nfiles?: number;
}

/** A stage's entry of dvc.lock, kept as it is. */
export interface LockEntry {
  outs?: LockedOut[];
  [key: string]: unknown;
}

interface LockFile {
  schema: string;
  stages: Record<string, LockEntry>;
}

/** A stage's entry of dvc.lock as it is now; undefined where there is none, or no dvc.lock that can be read. */
export function lockEntry(folder: string, id: string): LockEntry | undefined {
  try {
    return readLock(folder)?.stages[id];
  } catch {
    return undefined;
  }
}

/** Writes what Nx and a run know a result by, the receipt last. @param digest of its data */
export function writeKnown({ lock, receipt }: TaskFolder, entry: LockEntry, digest: string): void {
  writeSealed(lock, entry);
  writeJson(receipt, { digest });
}

/** The entry that belongs to the result which Nx and a run know; undefined where there is none that is sound. */
export function knownEntry({ lock, id }: TaskFolder): LockEntry | undefined {
  const entry = readSealed<LockEntry>(lock, 'outs');
  return entry?.outs?.some(({ path }) => path === `${outFolder(id)}/data`) ? entry : undefined;
}

// The last that was read: a run asks for each of its tasks, and YAML takes its time.
let known: { text: string; lock: LockFile } | undefined;

/**
 * A pipeline's dvc.lock; undefined where there is none.
 *
 * @throws where it is no YAML
 */
export function readLock(folder: string): LockFile | undefined {
  const file = join(folder, 'dvc.lock');
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  if (known?.text !== text) known = { text, lock: parse(text) as LockFile };
  return known.lock;
}

/** Makes dvc.lock say what is in place, so that DVC agrees. Tasks that end side by side write it one after the other. */
export async function syncLock(folder: string, entries: Record<string, LockEntry>): Promise<void> {
  if (!staleEntries(folder, entries).length) return;
  await alone(join(folder, 'out/.sessions/dvc'), () => {
    const lock = readLock(folder) ?? { schema: '2.0', stages: {} };
    const stages = { ...lock.stages, ...Object.fromEntries(staleEntries(folder, entries)) };
    writeFileAtomic(join(folder, 'dvc.lock'), lockText({ ...lock, stages }));
  });
}

// What is a string to every version of YAML without quotes.
const isPlain = (text: string) =>
  /^([A-Za-z]|\.\.?\/)[\w ./@=:-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text);

/** YAML in which DVC's reader, which knows 1.1 and 1.2, finds the same values. */
function lockText(lock: LockFile): string {
  const document = new Document(lock);
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && !isPlain(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: false });
}

const staleEntries = (folder: string, entries: Record<string, LockEntry>): [string, LockEntry][] => {
  const stages = readLock(folder)?.stages ?? {};
  return Object.entries(entries).filter(([id, entry]) => JSON.stringify(stages[id]) !== JSON.stringify(entry));
};
