import { existsSync, renameSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/**
 * Moves a data base away that a server was killed in making, to `<file>.unfinished`: MLflow makes its tables in fifty
 * steps that it cannot go on from. Its last act is the first experiment, so that without one nobody has logged anything.
 *
 * @returns whether there was one
 */
export function setUnfinishedAside(file: string): boolean {
  if (!existsSync(file) || hasExperiments(file) !== false) return false;
  for (const suffix of ['-journal', '-wal', '-shm', '']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, `${file}.unfinished${suffix}`);
  }
  return true;
}

/** Undefined where that cannot be told: the file is damaged, another process holds it, or Node (20) has no SQLite. */
function hasExperiments(file: string): boolean | undefined {
  let base: DatabaseSync | undefined;
  try {
    const sqlite = process.getBuiltinModule('node:sqlite');
    // Not read-only: what a killed process was writing has to be undone before anything can be read.
    base = new sqlite.DatabaseSync(file);
    const table = base.prepare("select 1 from sqlite_master where name = 'experiments'").get();
    return table !== undefined && base.prepare('select 1 from experiments').get() !== undefined;
  } catch {
    return undefined;
  } finally {
    base?.close();
  }
}
