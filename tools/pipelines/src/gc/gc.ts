import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadPipeline, pipelineNames } from '../definition/pipeline.ts';
import type { Workspace } from '../definition/workspace.ts';
import { print } from '../launch/console.ts';
import { requireAlone } from '../launch/open-session.ts';
import { bytesText } from '../status/table.ts';
import { referencedObjects } from './referenced.ts';

const UNUSED_DAYS = 30;

/** What may go: files, or folders as a whole. */
interface Garbage {
  what: string;
  paths: string[];
  /** On the disk; what a result in its place shares with the cache is not freed. */
  bytes: number;
}

/**
 * Says what nothing needs any more, and removes it where that is asked for: objects of DVC's cache that nothing names;
 * compiled graphs, memories of own data and entries of Nx's cache that were not used for 30 days. Nx removes by itself what
 * it did not use for a week, but for what its database has lost.
 *
 * @returns the exit code
 * @throws UserError one line, while a pipeline runs
 */
export function gc({ root, packages }: Workspace, yes: boolean): number {
  for (const name of pipelineNames(root)) requireAlone(root, loadPipeline({ root, packages }, name));
  const found = [
    unnamed(root),
    unused(root, '.cache/graphs', 'compiled graphs'),
    unused(root, '.cache/own-data', 'own data, as read'),
    unused(root, '.nx/cache', "Nx's cache, of which its database knows no more"),
  ];
  const some = found.filter(({ paths }) => paths.length);
  for (const { what, paths, bytes } of some) print(`${what}: ${paths.length}, ${bytesText(bytes)}`);
  const all = bytesText(some.reduce((sum, { bytes }) => sum + bytes, 0));
  if (!some.length) print('nothing to free');
  else if (!yes) print(`would free ${all}. npx simclr gc --yes frees it`);
  else {
    for (const path of some.flatMap(({ paths }) => paths)) rmSync(path, { recursive: true, force: true });
    print(`freed ${all}`);
  }
  return 0;
}

function unnamed(root: string): Garbage {
  const folder = join(root, '.dvc/cache/files/md5');
  const named = referencedObjects(root);
  const paths = below(folder).flatMap((start) =>
    below(join(folder, start))
      .filter((rest) => /^[0-9a-f]{30}(\.dir)?$/.test(rest) && !named.has(start + rest))
      .map((rest) => join(folder, start, rest)),
  );
  const stats = paths.map((path) => statSync(path));
  const bytes = stats.reduce((sum, { size, nlink }) => sum + (nlink > 1 ? 0 : size), 0);
  return { what: "objects of DVC's cache that no result, branch or tag names", paths, bytes };
}

function unused(root: string, path: string, what: string): Garbage {
  const folder = join(root, path);
  const entries = below(folder).flatMap((entry) => {
    const at = join(folder, entry);
    // Entries of their own are in these.
    return entry === 'lists' || entry === 'terminalOutputs' ? below(at).map((name) => join(at, name)) : [at];
  });
  const before = Date.now() - UNUSED_DAYS * 24 * 3600_000;
  const old = entries
    .map((path) => ({ path, files: filesOf(path) }))
    .filter(({ files }) => files.every(({ atimeMs, mtimeMs }) => Math.max(atimeMs, mtimeMs) < before));
  const bytes = old.flatMap(({ files }) => files).reduce((sum, { size }) => sum + size, 0);
  return { what: `${what}, not used for ${UNUSED_DAYS} days`, paths: old.map(({ path }) => path), bytes };
}

/** Sizes and times of a file, or of all files of a folder. */
function filesOf(path: string): { size: number; atimeMs: number; mtimeMs: number }[] {
  const stat = statSync(path);
  if (!stat.isDirectory()) return [stat];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(path, name)))
    .filter((each) => each.isFile());
}

const below = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
