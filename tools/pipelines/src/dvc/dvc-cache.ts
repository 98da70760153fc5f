import { copyFileSync, existsSync, linkSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hashFile, publishFolder, writeFileAtomic, writeJson } from '@simclr/stage';
import { fingerprint, type TaskInputs } from '../inputs/task-inputs.ts';
import { type RunRecord, readRun } from '../run/run-record.ts';
import { writeSealed } from '../run/sealed.ts';
import { markSound } from '../run/soundness.ts';
import { dataDigest, readJsonIfSound, receiptDigest, type TaskFolder } from '../run/task-folder.ts';
import { knownEntry, type LockEntry, lockEntry } from './dvc.ts';

/** DVC's cache as .dvc/config leaves it: objects by md5; a folder is a `.dir` object that lists its files. */
export function object(root: string, md5: string): string {
  return join(root, '.dvc/cache/files/md5', md5.slice(0, 2), md5.slice(2));
}

/** What DVC knows one of a stage's outputs by. */
export const md5Of = (entry: LockEntry | undefined, name: string) =>
  entry?.outs?.find(({ path }) => path.endsWith(`/${name}`))?.md5;

/**
 * Takes what is damaged of a task's result out of DVC's cache: where files are linked, a change of one is a change of both.
 */
export function dropDamaged(root: string, folder: TaskFolder): void {
  for (const entry of [knownEntry(folder), lockEntry(folder.pipeline, folder.id)]) {
    const md5 = md5Of(entry, 'data');
    if (md5) soundFiles(root, md5);
  }
}

/**
 * Brings a task's data back from DVC's cache if what is in place is not what the receipt says. Hard links: no copy, no
 * Python, no lock.
 *
 * @returns false where the cache does not hold it, where what is known of it is damaged, and where DVC has newer data of the
 * same inputs, which the receipt knows nothing of
 */
export function hydrate(root: string, folder: TaskFolder): boolean {
  const digest = receiptDigest(folder);
  const entry = knownEntry(folder);
  if (!digest || !readRun(folder.run)) return false;
  if (isOutdated(root, entry, lockEntry(folder.pipeline, folder.id))) return false;
  if (dataDigest(folder) === digest) return true;
  const md5 = md5Of(entry, 'data');
  return md5 !== undefined && linkFolder(root, md5, folder) && dataDigest(folder) === digest;
}

/** Writes down that the remote has a task's data, which nobody needs here yet. */
export function markRemote(folder: TaskFolder, entry: LockEntry): void {
  writeJson(folder.remote, { data: md5Of(entry, 'data') });
}

/** Whether a task's data are on the remote alone, as its last push or pull has found: they are fetched once they are needed. */
export function isRemote(root: string, folder: TaskFolder): boolean {
  const md5 = md5Of(knownEntry(folder), 'data');
  if (!md5 || existsSync(folder.data) || existsSync(object(root, md5))) return false;
  const marked = readJsonIfSound<{ data: string }>(folder.remote, 'data')?.data === md5;
  return marked && receiptDigest(folder) !== '' && readRun(folder.run) !== undefined;
}

/** Whether DVC, called by hand, has made other data than `known` from the same inputs, and still holds it. */
function isOutdated(root: string, known: LockEntry | undefined, now: LockEntry | undefined): boolean {
  const [before, after] = [md5Of(known, 'data'), md5Of(now, 'data')];
  if (!before || !after || before === after || !existsSync(object(root, after))) return false;
  return inputsOf(known!) === inputsOf(now!);
}

/** What a stage's data was made from, as dvc.lock has it. */
export function inputsOf({ outs: _, ...inputs }: LockEntry): string {
  return JSON.stringify(inputs);
}

/**
 * Puts back the result of dvc.lock if it was made from the same inputs: what DVC's run-cache would do.
 *
 * @param isSame whether other inputs come to the same, for which the result then counts as made
 */
export function restoreLast(
  root: string,
  folder: TaskFolder,
  inputs: TaskInputs,
  isSame: (before: TaskInputs) => boolean,
): boolean {
  const wanted = ({ inputs: before }: RunRecord) => fingerprint(before) === fingerprint(inputs) || isSame(before);
  if (!putBack(root, folder, lockEntry(folder.pipeline, folder.id), wanted)) return false;
  const record = readRun(folder.run)!;
  if (fingerprint(record.inputs) !== fingerprint(inputs)) writeSealed(folder.run, { ...record, inputs });
  rmSync(folder.work, { recursive: true, force: true });
  return true;
}

/**
 * DVC removes a stage's last data before it runs the stage: puts them back, where its cache has them, so that they are there
 * until there are new ones, and stay if the stage fails. Not where all of the outputs was removed, by a person.
 */
export function keepLast(root: string, folder: TaskFolder): void {
  if (existsSync(folder.data) || !existsSync(folder.run)) return;
  putBack(root, folder, lockEntry(folder.pipeline, folder.id), () => true);
}

/** Where DVC has newer data than the receipt that Nx put back: what belongs to it, so that DVC finds nothing changed. */
export function adoptNewer(root: string, folder: TaskFolder): void {
  const now = lockEntry(folder.pipeline, folder.id);
  if (isOutdated(root, knownEntry(folder), now)) putBack(root, folder, now, () => true);
}

/** Puts a result of dvc.lock in its place: data, metrics and the record of its run; false where DVC's cache lacks it. */
function putBack(
  root: string,
  folder: TaskFolder,
  entry: LockEntry | undefined,
  wanted: (record: RunRecord) => boolean,
): boolean {
  const data = md5Of(entry, 'data');
  const record = recordIn(root, entry);
  if (!data || !record?.metrics || !wanted(record) || !linkFolder(root, data, folder)) return false;
  placeRecord(root, folder, entry!, record);
  return true;
}

/** The record of the run that made a result, as DVC's cache has it. */
export function recordIn(root: string, entry: LockEntry | undefined): RunRecord | undefined {
  const run = md5Of(entry, 'run.json');
  return run && isSound(root, run) ? readRun(object(root, run)) : undefined;
}

/** Puts the small files of a result in their place: the record of its run, which DVC's cache has, and its metrics. */
export function placeRecord(root: string, folder: TaskFolder, entry: LockEntry, record: RunRecord): void {
  writeFileAtomic(folder.run, readFileSync(object(root, md5Of(entry, 'run.json')!)));
  writeJson(folder.metrics, record.metrics ?? {}); // Of an older version there are none.
}

/**
 * Puts the folder with this md5 in the place of a task's data; false where DVC's cache does not hold all of it. What it holds
 * and is damaged, it holds no longer after this: DVC, which goes by names, would take it for good.
 */
function linkFolder(root: string, md5: string, folder: TaskFolder): boolean {
  const files = soundFiles(root, md5);
  if (!files) return false;
  const temporary = `${folder.data}.${process.pid}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  for (const file of files) {
    const at = join(temporary, file.relpath);
    mkdirSync(dirname(at), { recursive: true });
    linkOrCopy(object(root, file.md5), at);
  }
  try {
    publishFolder(temporary, folder.data);
  } catch {
    rmSync(temporary, { recursive: true, force: true }); // another task that needs it was faster
  }
  markSound(folder);
  return true;
}

/** What the `.dir` object of a folder lists; nothing where it is not there, or cannot be read. */
export function listedFiles(root: string, md5: string): { md5: string; relpath: string }[] {
  const list = readJsonIfSound<{ md5: string; relpath: string }[]>(object(root, md5));
  return Array.isArray(list) ? list : [];
}

/** What a folder in DVC's cache consists of, where all of that is there and has the content that it is named by. */
function soundFiles(root: string, md5: string): { md5: string; relpath: string }[] | undefined {
  if (!isSound(root, md5)) return undefined;
  const files = listedFiles(root, md5);
  const sound = files.filter((file) => isSound(root, file.md5));
  return sound.length === files.length ? files : undefined;
}

/** Whether an object of DVC's cache has the content that it is named by. One that has not is removed. */
export function isSound(root: string, md5: string): boolean {
  const path = object(root, md5);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return false;
  if (stat.isFile() && hashFile(path, 'md5') === md5.replace(/\.dir$/, '')) return true;
  rmSync(path, { recursive: true });
  return false;
}

/** A link where the file system can, or a copy: `to` is not there yet. */
export function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // another file system
  }
}
