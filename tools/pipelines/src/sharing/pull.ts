import { existsSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { UserError, writeFileAtomic, writeJson } from '@simclr/stage';
import { loadPipeline, type Pipeline, pipelineNames } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import type { LockEntry } from '../dvc/dvc.ts';
import { hydrate, listedFiles, md5Of, object } from '../dvc/dvc-cache.ts';
import { callDvc, mistakeIn, requireRemote } from '../dvc/remote.ts';
import { print } from '../launch/console.ts';
import { openSession, requireAlone } from '../launch/open-session.ts';
import { removeSession } from '../launch/session.ts';
import { replaceCached } from '../nx/nx.ts';
import { prepareCheckout } from '../run/checkout.ts';
import { select } from '../run/plan.ts';
import { readRun } from '../run/run-record.ts';
import { dataDigest, readJsonIfSound, receiptDigest, type TaskFolder, taskFolder } from '../run/task-folder.ts';
import { type Recorded, recordedResults } from './recorded.ts';

/**
 * Brings the results that dvc.lock records from DVC's remote into their places, so that a run makes none of them again.
 *
 * @param name all pipelines whose dvc.lock has results, where there is none
 * @param stages these and what they need; all, where there is none
 * @returns the exit code: 1 where the remote lacks some
 * @throws UserError one line: no results, no remote, a run that is under way
 */
export async function pull(workspace: Workspace, name: string | undefined, stages: string[]): Promise<number> {
  const { root } = workspace;
  const found = (name === undefined ? pipelineNames(root) : [name]).map((each) => {
    const pipeline = loadPipeline(workspace, each);
    const all = expand(pipeline);
    return { pipeline, all, results: recordedResults(root, pipeline, select(all, stages)) };
  });
  const some = found.filter(({ results }) => results.length);
  if (!some.length)
    throw new UserError(
      `nothing to pull: no dvc.lock has results of ${name ?? 'any pipeline'}. commit it where they were pushed, and git pull`,
    );
  await requireRemote(root);
  let code = 0;
  for (const { pipeline, all, results } of some) {
    requireAlone(root, pipeline);
    const session = await openSession(root, pipeline, 'run', print);
    try {
      await prepareCheckout({ workspace, pipeline, tasks: all }, print);
      if (!(await pullResults(root, pipeline, results))) code = 1;
    } finally {
      removeSession(session);
    }
  }
  return code;
}

/** @returns whether all of them are here now */
async function pullResults(root: string, pipeline: Pipeline, results: Recorded[]): Promise<boolean> {
  const absent = results.filter((result) => !isHere(root, result));
  const targets = absent.flatMap(({ task, entry }) => {
    const outs = ['run.json', 'metrics.json', 'data'].filter((name) => !isCached(root, md5Of(entry, name)));
    return outs.map((name) => `${relative(pipeline.dir, task.out)}/${name}`);
  });
  const fetched = targets.length ? await callDvc(root, pipeline.dir, ['fetch', ...targets]) : { ok: true, said: '' };
  const missing = absent.filter(({ task, entry }) => !place(root, taskFolder(root, task), entry));
  for (const { task } of absent) if (!missing.some((each) => each.task === task)) replaceCached(root, task);
  print(
    `${pipeline.name}: ${absent.length - missing.length} results pulled, ${results.length - absent.length} were here`,
  );
  if (!missing.length) return true;
  const why = fetched.ok ? '' : `: ${mistakeIn(fetched.said)}`;
  print(`not on the remote: ${missing.map(({ task }) => task.id).join(', ')}${why}. push them where they were made`);
  return false;
}

/** Whether the result of dvc.lock is the one in place. */
function isHere(root: string, { task, entry }: Recorded): boolean {
  const folder = taskFolder(root, task);
  const known = readJsonIfSound<LockEntry>(folder.lock, 'outs');
  const same = known && ['run.json', 'data'].every((name) => md5Of(known, name) === md5Of(entry, name));
  if (!same || !readRun(folder.run) || !receiptDigest(folder)) return false;
  return dataDigest(folder) === receiptDigest(folder);
}

/** Whether DVC's cache has an object, and of a folder, its files. */
function isCached(root: string, md5: string | undefined): boolean {
  if (md5 === undefined || !existsSync(object(root, md5))) return false;
  return !md5.endsWith('.dir') || listedFiles(root, md5).every((file) => existsSync(object(root, file.md5)));
}

/** Puts a result from DVC's cache in its place, and what Nx and a run know it by; false where the cache lacks some of it. */
function place(root: string, folder: TaskFolder, entry: LockEntry): boolean {
  const [run, metrics, made] = ['run.json', 'metrics.json', 'data'].map((name) => md5Of(entry, name));
  const record = run && readRun(object(root, run));
  if (!record || !made) return false;
  const digest = record.digest ?? digestInCache(root, made);
  if (digest === undefined) return false;
  writeFileAtomic(folder.run, readFileSync(object(root, run)));
  if (metrics && existsSync(object(root, metrics))) {
    writeFileAtomic(folder.metrics, readFileSync(object(root, metrics)));
  } else writeJson(folder.metrics, record.metrics ?? {}); // Of before DVC kept them.
  writeJson(folder.lock, entry);
  writeJson(folder.receipt, { digest });
  // What was begun here is not needed any more.
  rmSync(folder.work, { recursive: true, force: true });
  return hydrate(root, folder);
}

/** The digest of data of an older version, whose run.json does not have it. */
function digestInCache(root: string, md5: string): string | undefined {
  const manifest = listedFiles(root, md5).find(({ relpath }) => relpath === 'manifest.json');
  return manifest && readJsonIfSound<{ digest: string }>(object(root, manifest.md5), 'digest')?.digest;
}
