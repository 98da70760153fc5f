import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeFileAtomic } from '@simclr/stage';
import { type ConfigFile, taskConfig } from '../definition/config-file.ts';
import type { Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { readJsonIfSound } from '../run/task-folder.ts';
import { readableName } from './file-tree.ts';
import { digestTree } from './tree-digest.ts';

/** A task's own data: what its config names of the user's folders and files → digest of what is in them. */
export type OwnData = Record<string, string>;

const FOLDER = '.cache/own-data';
// Lists of what was in folders, one a version that a stage was run with: for the words of a plan.
const KEPT = 20;

/** The folders and files outside of the pipeline that a task's config names, relative to the root or absolute. */
export async function ownSources(workspace: Workspace, config: ConfigFile, task: Task): Promise<string[]> {
  const own = workspace.packages.get(task.spec.run)!;
  const file = own.exports['./sources'];
  if (!file) return [];
  const url = pathToFileURL(join(workspace.root, own.dir, file)).href;
  const module = (await import(url)) as { default: (config: unknown) => string[] | Promise<string[]> };
  return [...new Set(await module.default(taskConfig(config, task)))].sort();
}

/**
 * Reads what has changed of the tasks' own data since the last time; task id → digests. Of tasks that have none, nothing.
 *
 * @param tell is told after each file of a folder how many of how many are done
 */
export async function readOwnData(
  workspace: Workspace,
  config: ConfigFile,
  tasks: Task[],
  tell: (source: string, done: number, total: number) => void = () => {},
): Promise<ReadonlyMap<string, OwnData>> {
  const read = new Map<string, string>();
  const all = new Map<string, OwnData>();
  for (const task of tasks) {
    const sources = await ownSources(workspace, config, task);
    for (const source of sources) {
      if (read.has(source)) continue;
      const told = (done: number, total: number) => tell(source, done, total);
      read.set(source, await digestSource(workspace.root, source, told));
    }
    if (sources.length) all.set(task.id, Object.fromEntries(sources.map((source) => [source, read.get(source)!])));
  }
  return all;
}

async function digestSource(
  root: string,
  source: string,
  tell: (done: number, total: number) => void,
): Promise<string> {
  const path = resolve(root, source);
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const { digest, contents } = await digestTree(path, join(root, FOLDER, `${name}.json`), tell);
  const list = listFile(root, digest);
  if (!statSync(list, { throwIfNoEntry: false })) writeFileAtomic(list, JSON.stringify([...contents]));
  prune(root);
  return digest;
}

const listFile = (root: string, digest: string) => join(root, FOLDER, 'lists', `${digest}.json`);

function prune(root: string): void {
  const folder = join(root, FOLDER, 'lists');
  const lists = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (lists.length <= KEPT) return;
  const age = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const ages = new Map(lists.map((name) => [name, age(name)]));
  for (const name of lists.sort((a, b) => ages.get(b)! - ages.get(a)!).slice(KEPT)) {
    rmSync(join(folder, name), { force: true });
  }
}

/** What differs between two versions, in words: `2 files added, 1 edited (cat/3.png)`; '' where that is not known. */
export function describeVersions(root: string, before: string, after: string): string {
  const [old, now] = [before, after].map((digest) => readList(root, digest));
  if (!old || !now) return '';
  const added = [...now.keys()].filter((name) => !old.has(name));
  const removed = [...old.keys()].filter((name) => !now.has(name));
  const edited = [...now.keys()].filter((name) => old.has(name) && old.get(name) !== now.get(name));
  const parts = [count(added, 'added'), count(removed, 'removed'), count(edited, 'edited')];
  return parts.filter(Boolean).join(', ');
}

function count(names: string[], what: string): string {
  if (!names.length) return '';
  const shown = names.slice(0, 2).map((name) => readableName(name) || 'the file itself');
  return `${names.length} ${what} (${shown.join(', ')}${names.length > shown.length ? ', …' : ''})`;
}

function readList(root: string, digest: string): Map<string, string> | undefined {
  // Without it the plan has fewer words.
  const list = readJsonIfSound<[string, string][]>(listFile(root, digest));
  return list && new Map(list);
}
