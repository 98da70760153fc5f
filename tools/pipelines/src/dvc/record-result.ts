import { chmodSync, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { hashFile, writeFileAtomic } from '@simclr/stage';
import type { ConfigFile } from '../definition/config-file.ts';
import type { Run } from '../definition/run.ts';
import { outFolder, type Task } from '../definition/tasks.ts';
import { type Keys, keyFields, keysFile, ownDataFile, ownKey } from '../inputs/keys.ts';
import type { OwnData } from '../inputs/own-data.ts';
import { taskFolder } from '../run/task-folder.ts';
import { knownEntry, type LockEntry, type LockedOut } from './dvc.ts';
import { isSound, linkOrCopy, object } from './dvc-cache.ts';
import { comparedKeys, glue, stagesWithOwnData } from './dvc-yaml.ts';

/** What a task's result was made from, as it was when its stage began. */
export interface MadeFrom {
  config: ConfigFile;
  keys: Keys;
  own: OwnData;
}

/**
 * Keeps a task's result in DVC's cache and says what dvc.lock is to have of it: byte for byte what `dvc commit` would
 * (DVC 3.67, output.py, stage/serialize.py), without a second of Python for each task, nor a lock of all the repository.
 * Large files are linked: no copy.
 */
export async function recordResult(run: Run, task: Task, made: MadeFrom): Promise<LockEntry> {
  const { root } = run.workspace;
  const folder = taskFolder(root, task);
  const [data, metrics, record] = [
    keepFolder(root, folder.data),
    keepCopy(root, folder.metrics),
    keepCopy(root, folder.run),
  ];
  const at = (name: string) => `${outFolder(task.id)}/${name}`;
  const deps = task.needs.map(({ id }) => neededAs(run, id)).sort(byPath);
  return {
    cmd: glue(`exec ${run.pipeline.name} ${task.id}`),
    ...(deps.length ? { deps } : {}),
    params: await paramsOf(run, task, made),
    outs: [
      { path: at('data'), hash: 'md5', ...data },
      { path: at('metrics.json'), hash: 'md5', ...metrics },
      { path: at('run.json'), hash: 'md5', ...record },
    ],
  };
}

type Kept = Pick<LockedOut, 'md5' | 'size' | 'nfiles'>;

/** A needed task's data as dvc.lock has it: it has a result, or the task would not run. */
function neededAs({ workspace: { root }, tasks }: Run, id: string): LockedOut {
  const need = tasks.find((task) => task.id === id)!;
  const folder = taskFolder(root, need);
  const path = `${outFolder(id)}/data`;
  const known = knownEntry(folder)?.outs?.find((out) => out.path === path);
  return known ?? { path, hash: 'md5', ...keepFolder(root, folder.data) };
}

async function paramsOf({ workspace, pipeline }: Run, task: Task, { config, keys, own }: MadeFrom) {
  const reads = (await stagesWithOwnData(workspace, config, [task])).has(task.stage);
  const values: Record<string, (key: string) => unknown> = {
    [keysFile]: (key) => Object.values(keys)[keyFields(task.id).indexOf(key)],
    [ownDataFile]: () => ownKey(own),
  };
  const compared = Object.entries(comparedKeys(pipeline, task.spec, task.id, reads)).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return Object.fromEntries(
    compared.map(([file, names]) => {
      const value = values[file] ?? ((key: string) => config[key]);
      return [file, Object.fromEntries(names.toSorted().map((name) => [name, value(name)]))];
    }),
  );
}

/** Keeps a folder's files, each once, and the list of them. */
function keepFolder(root: string, folder: string): Kept {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { md5, size = 0 } = keepLink(root, path);
      return { md5, size, relpath: relative(folder, path) };
    })
    .sort((a, b) => (a.relpath < b.relpath ? -1 : 1));
  const lines = files.map(({ md5, relpath }) => `{"md5": "${md5}", "relpath": ${asPython(relpath)}}`);
  const list = `${dirname(object(root, 'new'))}/${process.pid}.tmp`;
  writeFileAtomic(list, `[${lines.join(', ')}]`);
  const md5 = `${hashFile(list, 'md5')}.dir`;
  mkdirSync(dirname(object(root, md5)), { recursive: true });
  chmodSync(list, READ_ONLY);
  if (isSound(root, md5)) rmSync(list);
  else renameSync(list, object(root, md5));
  return { md5, size: files.reduce((sum, { size }) => sum + size, 0), nfiles: files.length };
}

// As DVC leaves the files of its cache: who writes into one in place would change every folder that it is linked to.
const READ_ONLY = 0o444;

/** Keeps a file, which is a link to what is kept after this. */
function keepLink(root: string, path: string): Kept {
  const md5 = hashFile(path, 'md5');
  const kept = object(root, md5);
  mkdirSync(dirname(kept), { recursive: true });
  // What the cache has, and is right, takes the place of the file: once on the disk, however many results have it.
  if (!sameFile(path, kept)) {
    const known = isSound(root, md5);
    replaceByLink(known ? kept : path, known ? path : kept);
  }
  return { md5, size: statSync(kept).size };
}

/** Keeps a copy of a small file, which people may edit. */
function keepCopy(root: string, path: string): Kept {
  const md5 = hashFile(path, 'md5');
  const kept = object(root, md5);
  if (!isSound(root, md5)) {
    mkdirSync(dirname(kept), { recursive: true });
    const temporary = `${kept}.${process.pid}.tmp`;
    copyFileSync(path, temporary);
    chmodSync(temporary, READ_ONLY);
    renameSync(temporary, kept);
  }
  return { md5, size: statSync(kept).size };
}

function sameFile(one: string, other: string): boolean {
  const [a, b] = [statSync(one), statSync(other, { throwIfNoEntry: false })];
  return a.ino === b?.ino && a.dev === b.dev;
}

function replaceByLink(from: string, to: string): void {
  const temporary = `${to}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  linkOrCopy(from, temporary);
  chmodSync(temporary, READ_ONLY);
  renameSync(temporary, to);
}

/** A string as Python's json writes it: all but ASCII by its number. */
const asPython = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);

const byPath = (a: LockedOut, b: LockedOut): number => (a.path < b.path ? -1 : 1);
