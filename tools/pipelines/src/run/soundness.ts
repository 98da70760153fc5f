import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { hashFile, writeJson } from '@simclr/stage';
import { manifestOf, readJsonIfSound, type TaskFolder } from './task-folder.ts';

/** By path: size in bytes and time of the last change in ms since 1970 of a file whose content was found right. */
type Seen = Record<string, readonly [bytes: number, changed: number]>;

/**
 * What is wrong with a task's data, in words: a file that is gone, of another size or content than its manifest says, or none of
 * those in it.
 * None where there are no data. The content of a file is looked at where it was touched since it was last found right.
 *
 * @param all whether the content of all files is looked at: the disk may have changed one that nobody touched
 */
export function damageOf(folder: TaskFolder, all = false): string[] {
  if (!existsSync(folder.data)) return [];
  const manifest = manifestOf(folder);
  if (!manifest?.files) return ['manifest.json is damaged'];
  const before = all ? undefined : readJsonIfSound<Seen>(folder.sound);
  const seen: Record<string, [number, number]> = {};
  let news = false;
  const damage = manifest.files.flatMap(({ path, bytes, sha256 }) => {
    const file = join(folder.data, path);
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat?.isFile()) return [`${path} is gone`];
    if (stat.size !== bytes) return [`${path} has ${stat.size} bytes, not ${bytes}`];
    seen[path] = [bytes, stat.mtimeMs];
    if (before?.[path]?.[1] === stat.mtimeMs) return [];
    news = true;
    return hashFile(file) === sha256 ? [] : [`${path} has other content`];
  });
  if (news && !damage.length) writeJson(folder.sound, seen);
  return [...damage, ...strayFiles(folder).map((path) => `${path} is no part of it`)];
}

/** Files among a task's data that no stage made: DVC, and whoever reads the folder, would take them for data. */
export function strayFiles(folder: TaskFolder): string[] {
  const known = new Set(['manifest.json', ...(manifestOf(folder)?.files ?? []).map(({ path }) => path)]);
  if (known.size === 1 || !existsSync(folder.data)) return [];
  return readdirSync(folder.data, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder.data, join(entry.parentPath, entry.name)))
    .filter((path) => !known.has(path));
}

/** Writes down that the data are right as they are: they were hashed this moment. */
export function markSound(folder: TaskFolder): void {
  const stats = (manifestOf(folder)?.files ?? []).map(({ path }) => {
    const { size, mtimeMs } = statSync(join(folder.data, path));
    return [path, [size, mtimeMs]] as const;
  });
  writeJson(folder.sound, Object.fromEntries(stats) satisfies Seen);
}

/** Takes damaged data out of the way, so that they are put back from DVC's cache, or made again. */
export function removeDamaged(folder: TaskFolder): void {
  rmSync(folder.data, { recursive: true, force: true });
  rmSync(folder.sound, { force: true });
}
