import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@simclr/stage';
import { type ConfigFile, isObject, loadConfigFile, taskConfig } from '../definition/config-file.ts';
import { loadPipeline, type Pipeline } from '../definition/pipeline.ts';
import { expand, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import type { OwnData } from './own-data.ts';

/*
 * Keys: digests of what DVC cannot see, or not exactly, in two small files of which it compares single keys. In keys.json,
 * what a task is; in out/own-data.json, what is in the user's folders that it reads. DVC does not tell `true` from 1, and
 * nothing of a stage's needs where one has gone.
 */

/** Where a task's digest is in both files, as DVC names it: dots go down, and no task's id has this sign in it. */
export const keyField = (id: string): string => `${id}.=`;

/** Relative to the pipeline's folder. */
export const keysFile = 'keys.json';
export const ownDataFile = 'out/own-data.json';

export function keysPath(pipeline: string): string {
  return `pipelines/${pipeline}/${keysFile}`;
}

/** sha256 (hex) of what a task is: package, config with the values of its item, seed, and what it needs under which name. */
export function taskKey(config: ConfigFile, task: Task): string {
  const { run, params } = task.spec;
  const { seed } = config;
  return sha256(canonical({ run, params, seed, config: taskConfig(config, task), needs: task.needs }));
}

/** The text of keys.json for a pipeline. */
export function keysText(workspace: Workspace, name: string): string {
  const pipeline = loadPipeline(workspace, name);
  const config = loadConfigFile(workspace.root, pipeline);
  return text(expand(pipeline).map((task) => [task.id, taskKey(config, task)]));
}

/** Writes keys.json where it differs. Returns whether it did. */
export function syncKeys(workspace: Workspace, name: string): boolean {
  return writeChanged(join(workspace.root, keysPath(name)), keysText(workspace, name));
}

export function areKeysSynced(workspace: Workspace, name: string): boolean {
  return read(join(workspace.root, keysPath(name))) === keysText(workspace, name);
}

/** Writes out/own-data.json where it differs; of tasks without own data there is nothing in it. */
export function syncOwnData(root: string, pipeline: Pipeline, own: ReadonlyMap<string, OwnData>): void {
  if (!own.size) return;
  const entries = [...own].map(([id, data]): [string, string] => [id, ownKey(data)]);
  writeChanged(join(root, pipeline.dir, ownDataFile), text(entries));
}

/** sha256 (hex) of a task's own data. */
export const ownKey = (own: OwnData): string => sha256(canonical(own));

/** A task's digest in one of the two files, or undefined where it is not there. */
export function keyOf(root: string, pipeline: Pipeline, file: string, id: string): string | undefined {
  const content = read(join(root, pipeline.dir, file));
  let at: unknown = content && JSON.parse(content);
  for (const part of keyField(id).split('.')) at = isObject(at) ? at[part] : undefined;
  return at as string | undefined;
}

/** Digests by id, each at its `keyField`. */
function text(digests: [id: string, digest: string][]): string {
  const root: Record<string, unknown> = Object.create(null);
  for (const [id, digest] of digests) {
    const path = keyField(id).split('.');
    const last = path.pop()!;
    let at = root;
    for (const part of path) {
      at[part] ??= Object.create(null);
      at = at[part] as Record<string, unknown>;
    }
    at[last] = digest;
  }
  return `${JSON.stringify(root, null, 2)}\n`;
}

function writeChanged(path: string, content: string): boolean {
  if (read(path) === content) return false;
  writeFileAtomic(path, content);
  return true;
}

const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

/** JSON with sorted keys: the order in which a config is written does not count. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each,
  );
}
