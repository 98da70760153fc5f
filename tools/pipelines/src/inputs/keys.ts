import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '@simclr/stage';
import { type ConfigFile, isObject, loadConfigFile, taskConfig, taskSeed } from '../definition/config-file.ts';
import { loadPipeline, type Pipeline } from '../definition/pipeline.ts';
import { expand, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { rememberCode, stageCode } from './code/stage-code.ts';
import type { OwnData } from './own-data.ts';

/*
 * Keys: digests of what DVC and Nx cannot see, or not exactly, in two small files of which they compare single keys. In
 * keys.json, what a task is, its code, and the npm packages that it takes; in out/own-data.json, what is in the user's
 * folders that it reads. DVC does not tell `true` from 1, and nothing of a stage's needs where one has gone.
 */

/** Where a task's digest is in both files, as DVC names it: dots go down, and no task's id has this sign in it. */
export const keyField = (id: string): string => `${id}.=`;

/** What has a digest of its own in keys.json: another one says what changed. */
const KINDS = { task: '=', code: '=code', versions: '=versions' } as const;
type Kind = keyof typeof KINDS;
export type Keys = Record<Kind, string>;
const kinds = Object.keys(KINDS) as Kind[];

/** Where a task's digests are in keys.json. */
export const keyFields = (id: string): string[] => kinds.map((kind) => fieldOf(id, kind));
const fieldOf = (id: string, kind: Kind) => `${id}.${KINDS[kind]}`;

/** Relative to the pipeline's folder. */
export const keysFile = 'keys.json';
export const ownDataFile = 'out/own-data.json';

export function keysPath(pipeline: string): string {
  return `pipelines/${pipeline}/${keysFile}`;
}

/**
 * sha256 (hex) of what a task is (package, config with the values of its item, seed, and what it needs under which name),
 * of its code, and of the versions of npm packages.
 */
export function taskKeys(workspace: Workspace, config: ConfigFile, task: Task): Keys {
  const { run, folder, params } = task.spec;
  const seed = taskSeed(config, task);
  const { files, versions } = stageCode(workspace, run, folder);
  return {
    task: sha256(canonical({ run, params, seed, config: taskConfig(config, task), needs: task.needs })),
    code: sha256(canonical(files)),
    versions: sha256(canonical(versions)),
  };
}

/** The text of keys.json for a pipeline. */
export function keysText(workspace: Workspace, name: string): string {
  const pipeline = loadPipeline(workspace, name);
  const config = loadConfigFile(workspace.root, pipeline);
  const entries = expand(pipeline).flatMap((task) => {
    const keys = taskKeys(workspace, config, task);
    return kinds.map((kind): [string, string] => [fieldOf(task.id, kind), keys[kind]]);
  });
  return text(entries);
}

/** Writes keys.json where it differs. Returns whether it did. */
export function syncKeys(workspace: Workspace, name: string): boolean {
  const changed = writeChanged(join(workspace.root, keysPath(name)), keysText(workspace, name));
  rememberCode(workspace);
  return changed;
}

export function areKeysSynced(workspace: Workspace, name: string): boolean {
  return read(join(workspace.root, keysPath(name))) === keysText(workspace, name);
}

/** Writes out/own-data.json where it differs: of tasks with own data, and of those that need nothing. */
export function syncOwnData(root: string, pipeline: Pipeline, tasks: Task[], own: ReadonlyMap<string, OwnData>): void {
  const entries = tasks
    .filter(({ id, needs }) => own.has(id) || !needs.length)
    .map(({ id }): [string, string] => [keyField(id), ownKey(own.get(id) ?? {})]);
  writeChanged(join(root, pipeline.dir, ownDataFile), text(entries));
}

/** sha256 (hex) of a task's own data. */
export const ownKey = (own: OwnData): string => sha256(canonical(own));

/** The digest of a task's own data in out/own-data.json, or undefined where it is not there. */
export function ownKeyOf(root: string, pipeline: Pipeline, id: string): string | undefined {
  return digestAt(content(root, pipeline, ownDataFile), keyField(id));
}

/** A task's digests in keys.json as it is; empty where they are not there. */
export function keysOf(root: string, pipeline: Pipeline, id: string): Partial<Keys> {
  const keys = content(root, pipeline, keysFile);
  return Object.fromEntries(kinds.map((kind) => [kind, digestAt(keys, fieldOf(id, kind))]));
}

/**
 * Makes keys.json say what a task was made from. DVC reads it when the stage is done: a stage runs for days, and meanwhile
 * someone may have brought it in line with a file that was edited since.
 */
export function keepKeys(root: string, pipeline: Pipeline, id: string, keys: Keys): void {
  const all = content(root, pipeline, keysFile);
  if (!isObject(all) || kinds.every((kind) => digestAt(all, fieldOf(id, kind)) === keys[kind])) return;
  for (const kind of kinds) put(all, fieldOf(id, kind), keys[kind]);
  writeFileAtomic(join(root, pipeline.dir, keysFile), format(all));
}

function content(root: string, pipeline: Pipeline, file: string): unknown {
  try {
    return JSON.parse(read(join(root, pipeline.dir, file)) ?? '');
  } catch {
    return undefined; // It is written again before anything compares it.
  }
}

function digestAt(content: unknown, field: string): string | undefined {
  let found = content;
  for (const part of field.split('.')) found = isObject(found) ? found[part] : undefined;
  return found as string | undefined;
}

/** Digests, each at its field. */
function text(digests: [field: string, digest: string][]): string {
  const root: Record<string, unknown> = Object.create(null);
  for (const [field, digest] of digests) put(root, field, digest);
  return format(root);
}

function put(root: Record<string, unknown>, field: string, digest: string): void {
  const path = field.split('.');
  const last = path.pop()!;
  let at = root;
  for (const part of path) {
    at[part] ??= Object.create(null);
    at = at[part] as Record<string, unknown>;
  }
  at[last] = digest;
}

const format = (content: object) => `${JSON.stringify(content, null, 2)}\n`;

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
