import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError, writeFileAtomic } from '@simclr/stage';
import { parse, stringify } from 'yaml';
import type { Command } from '../launch/launcher.ts';

/** An output as dvc.lock records it. */
export interface LockedOut {
  path: string;
  md5: string;
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

/** The virtual environment's DVC in a pipeline's folder. */
export function dvcCommand(root: string, dir: string, args: string[], environment: Record<string, string>): Command {
  const program = join(root, '.venv/bin/dvc');
  if (!existsSync(program)) throw new UserError(`missing program: ${program}. run npm run setup`);
  // Images are decoded in libuv's threads, of which there are four if nothing is said.
  const threads = { UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism())) };
  const env = { ...threads, ...process.env, SHELL: '/bin/sh', ...environment };
  return { program, args, cwd: join(root, dir), env };
}

/** `dvc repro` of one stage, after any other DVC process is done with the repository. */
export const reproArgs = (id: string, force: boolean): string[] => [
  ...['--wait-for-lock', 'repro', '--single-item'],
  ...(force ? ['--force'] : []),
  id,
];

/** Has DVC record a stage's outputs, keys and needs as they are: as if it had just run. */
export const commitArgs = (id: string): string[] => ['--wait-for-lock', 'commit', '--force', id];

/**
 * A stage's entry of dvc.lock. DVC rewrites that file in place, so another stage's DVC may be half-way through: it is
 * read until two reads agree and the entry is there.
 */
export async function readLockEntry(folder: string, id: string): Promise<LockEntry> {
  const file = join(folder, 'dvc.lock');
  let last = '';
  for (let attempt = 0; attempt < 200; attempt++) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text && text === last) {
      const entry = (parse(text) as LockFile).stages[id];
      if (entry?.outs) return entry;
    }
    last = text;
    await sleep(15);
  }
  throw new Error(`no entry for ${id}: ${file}`);
}

/** A stage's entry of dvc.lock as it is now; undefined where there is none, or no dvc.lock that can be read. */
export function lockEntry(folder: string, id: string): LockEntry | undefined {
  try {
    return (parse(readFileSync(join(folder, 'dvc.lock'), 'utf8')) as LockFile).stages[id];
  } catch {
    return undefined;
  }
}

/**
 * Makes dvc.lock say what Nx restored from its cache, so that DVC agrees on what is in place. Only while no DVC process
 * runs.
 */
export function syncLock(folder: string, entries: Record<string, LockEntry>): void {
  const file = join(folder, 'dvc.lock');
  const lock: LockFile = existsSync(file)
    ? (parse(readFileSync(file, 'utf8')) as LockFile)
    : { schema: '2.0', stages: {} };
  const stale = Object.entries(entries).filter(
    ([id, entry]) => JSON.stringify(lock.stages[id]) !== JSON.stringify(entry),
  );
  if (!stale.length) return;
  for (const [id, entry] of stale) lock.stages[id] = entry;
  writeFileAtomic(file, stringify(lock));
}
