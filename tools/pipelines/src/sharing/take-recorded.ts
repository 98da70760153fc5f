import { existsSync, rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { ConfigFile } from '../definition/config-file.ts';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import { outFolder } from '../definition/tasks.ts';
import { knownEntry, type LockEntry, writeKnown } from '../dvc/dvc.ts';
import { hydrate, isRemote, listedFiles, markRemote, md5Of, object, placeRecord, recordIn } from '../dvc/dvc-cache.ts';
import { callDvc, hasRemote, mistakeIn } from '../dvc/remote.ts';
import type { OwnData } from '../inputs/own-data.ts';
import { fingerprint, taskInputs } from '../inputs/task-inputs.ts';
import { type RunRecord, readRun } from '../run/run-record.ts';
import {
  dataDigest,
  digestsOf,
  readJsonIfSound,
  receiptDigest,
  type TaskFolder,
  taskFolder,
} from '../run/task-folder.ts';
import { type Recorded, recordedResults } from './recorded.ts';

const SMALL = ['run.json', 'metrics.json'];

/**
 * Has DVC bring outputs of results from its remote into its cache, where that lacks them: their records and metrics, and the
 * data of some.
 *
 * @returns those whose records have come from there, and what DVC says is wrong
 */
export async function fetchResults(
  root: string,
  pipeline: Pipeline,
  results: readonly Recorded[],
  withData: (result: Recorded) => boolean,
): Promise<{ came: Set<Recorded>; wrong: string | undefined }> {
  const before = results.filter(({ entry }) => isCached(root, md5Of(entry, 'run.json')));
  const targets = results.flatMap((result) => {
    const names = [...SMALL, ...(withData(result) ? ['data'] : [])];
    const absent = names.filter((name) => !isCached(root, md5Of(result.entry, name)));
    return absent.map((name) => `${outFolder(result.task.id)}/${name}`);
  });
  if (!targets.length) return { came: new Set(), wrong: undefined };
  const { ok, said } = await callDvc(root, pipeline.dir, ['fetch', ...targets]);
  const came = results.filter((each) => !before.includes(each) && isCached(root, md5Of(each.entry, 'run.json')));
  return { came: new Set(came), wrong: ok ? undefined : mistakeIn(said) };
}

/** Whether DVC's cache has an object, and of a folder, its files. */
export function isCached(root: string, md5: string | undefined): boolean {
  if (md5 === undefined || !existsSync(object(root, md5))) return false;
  return !md5.endsWith('.dir') || listedFiles(root, md5).every((file) => existsSync(object(root, file.md5)));
}

/**
 * Puts a result whose record DVC's cache has in its place, and what Nx and a run know it by. Its data come from the cache, or
 * stay on the remote until a stage reads them.
 *
 * @param onRemote whether its record has come from there: then its data are there too
 * @returns whether its data are in place, or on the remote
 */
export function placeResult(
  root: string,
  folder: TaskFolder,
  entry: LockEntry,
  record: RunRecord,
  onRemote: boolean,
): boolean {
  const digest = record.digest ?? digestInCache(root, md5Of(entry, 'data')!);
  if (digest === undefined) return false;
  placeRecord(root, folder, entry, record);
  writeKnown(folder, entry, digest);
  // What was begun here is not needed any more.
  rmSync(folder.work, { recursive: true, force: true });
  if (hydrate(root, folder)) return true;
  rmSync(folder.data, { recursive: true, force: true });
  if (onRemote) markRemote(folder, entry);
  return isRemote(root, folder);
}

/** The digest of data of an older version, whose run.json does not have it. */
function digestInCache(root: string, md5: string): string | undefined {
  const manifest = listedFiles(root, md5).find(({ relpath }) => relpath === 'manifest.json');
  return manifest && readJsonIfSound<{ digest: string }>(object(root, manifest.md5), 'digest')?.digest;
}

/**
 * Takes the results that dvc.lock records of tasks, where they were made from what the tasks are made from now: by whoever has
 * committed it. What DVC's cache lacks is asked of the remote, and data stay there until a stage reads them.
 *
 * @param ids of the tasks that would run otherwise
 * @param own by task id, the user's folders that it reads
 * @returns ids of the tasks whose results were taken; not of those that are in place
 */
export async function takeRecorded(
  { workspace, pipeline, tasks }: Run,
  config: ConfigFile,
  own: ReadonlyMap<string, OwnData>,
  ids: ReadonlySet<string>,
  say: (line: string) => void,
): Promise<string[]> {
  const { root } = workspace;
  const results = recordedResults(root, pipeline, tasks).filter(({ task }) => ids.has(task.id));
  const absent = results.filter(({ entry }) => !isCached(root, md5Of(entry, 'run.json')));
  let came = new Set<Recorded>();
  if (absent.length && hasRemote(root)) {
    say(`asks the remote for results that dvc.lock records: ${absent.map(({ task }) => task.id).join(', ')}`);
    const fetched = await fetchResults(root, pipeline, absent, () => false);
    if (fetched.wrong !== undefined) say(`not on the remote, or not all of them: ${fetched.wrong}`);
    came = fetched.came;
  }
  const recorded = new Map(results.map((result) => [result.task.id, result]));
  const digestOf = digestsOf(root, tasks);
  // Each after what it needs, which may have been taken before.
  return tasks.flatMap((task) => {
    const result = recorded.get(task.id);
    const record = recordIn(root, result?.entry);
    if (!result || !record) return [];
    const inputs = taskInputs(workspace, config, task, digestOf, own.get(task.id));
    if (fingerprint(record.inputs) !== fingerprint(inputs)) return [];
    const folder = taskFolder(root, task);
    if (isInPlace(root, folder, result.entry, record)) return [];
    return placeResult(root, folder, result.entry, record, came.has(result)) ? [task.id] : [];
  });
}

/** Whether a result is there as dvc.lock has it: that of a task which is due only as one before it is. */
function isInPlace(root: string, folder: TaskFolder, entry: LockEntry, { key }: RunRecord): boolean {
  if (readRun(folder.run)?.key !== key || !isDeepStrictEqual(knownEntry(folder), entry)) return false;
  const digest = receiptDigest(folder);
  return digest !== '' && (dataDigest(folder) === digest || isRemote(root, folder));
}
