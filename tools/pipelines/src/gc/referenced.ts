import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipelineNames } from '../definition/pipeline.ts';
import { listedFiles } from '../dvc/dvc-cache.ts';

/** Files that name objects of DVC's cache. */
const isRecord = (path: string): boolean => /(^|\/)dvc\.lock$|\.dvc$/.test(path);

/**
 * Objects of DVC's cache that something names: dvc.lock and lock.json of the results of this checkout, any `.dvc` file of it, and the
 * same files of git's branches, tags, remote branches, stashes and DVC's experiments. What they name as a folder, with
 * its files.
 */
export function referencedObjects(root: string): Set<string> {
  const named = new Set(
    [...here(root), ...inGit(root)].flatMap((text) => text.match(/\b[0-9a-f]{32}(\.dir)?\b/g) ?? []),
  );
  for (const md5 of [...named].filter((each) => each.endsWith('.dir'))) {
    for (const file of listedFiles(root, md5)) named.add(file.md5);
  }
  return named;
}

/** Texts of the records in this checkout, whether git knows them or not. */
function here(root: string): string[] {
  const outputs = pipelineNames(root).flatMap((name) => {
    const out = join(root, 'pipelines', name, 'out');
    return filesBelow(out, 2).filter((path) => basename(path) === 'lock.json');
  });
  const tracked = lines(root, ['ls-files', '--cached', '--others', '--exclude-standard']).filter(isRecord);
  const locks = pipelineNames(root).map((name) => join('pipelines', name, 'dvc.lock'));
  return [...outputs, ...new Set([...tracked, ...locks].map((path) => join(root, path)))].map(textOf);
}

/** Texts of the records of all that git has a name for. */
function inGit(root: string): string[] {
  const refs = lines(root, ['for-each-ref', '--format=%(refname)']);
  const stashes = refs.includes('refs/stash') ? lines(root, ['stash', 'list', '--format=%H']) : [];
  const blobs = new Set(
    [...refs, ...stashes].flatMap((ref) =>
      lines(root, ['ls-tree', '-r', ref]).flatMap((line) => {
        const [about, path] = line.split('\t') as [string, string];
        return isRecord(path) ? [about.split(' ')[2]!] : [];
      }),
    ),
  );
  return [...blobs].map((blob) => lines(root, ['cat-file', 'blob', blob]).join('\n'));
}

/** What git prints, or nothing where there is no git. */
function lines(root: string, args: string[]): string[] {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 30 });
  return status === 0 ? stdout.split('\n').filter(Boolean) : [];
}

/** Files of a folder and of those below it, to a depth. */
function filesBelow(folder: string, depth: number): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return depth > 0 ? filesBelow(path, depth - 1) : [];
      return [path];
    });
  } catch {
    return []; // No run yet.
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // A dvc.lock that is not there yet.
  }
}
