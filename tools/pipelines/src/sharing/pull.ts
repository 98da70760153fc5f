import { UserError } from '@simclr/stage';
import { givenBy } from '../definition/contract.ts';
import { loadPipeline, pipelineNames } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import { expand, type Task } from '../definition/tasks.ts';
import type { Workspace } from '../definition/workspace.ts';
import { knownEntry } from '../dvc/dvc.ts';
import { isRemote, md5Of, recordIn } from '../dvc/dvc-cache.ts';
import { requireRemote } from '../dvc/remote.ts';
import { print } from '../launch/console.ts';
import { openSession, requireAlone } from '../launch/open-session.ts';
import { removeSession } from '../launch/session.ts';
import { replaceCached } from '../nx/nx.ts';
import { prepareCheckout } from '../run/checkout.ts';
import { select, tasksNamed } from '../run/plan.ts';
import { readRun } from '../run/run-record.ts';
import { dataDigest, receiptDigest, taskFolder } from '../run/task-folder.ts';
import { type Recorded, recordedResults } from './recorded.ts';
import { fetchResults, isCached, placeResult } from './take-recorded.ts';

/**
 * Brings the results that dvc.lock records from DVC's remote into their places, so that a run makes none of them again: records
 * and metrics of all, and the data that people look at. Other data are fetched once a stage reads them.
 *
 * @param name all pipelines whose dvc.lock has results, where there is none
 * @param stages these, with their data, and what they need; all, where there is none
 * @param data whether the data of all of them are brought too
 * @returns the exit code: 1 where the remote lacks some
 * @throws UserError one line: no results, no remote, a run that is under way
 */
export async function pull(
  workspace: Workspace,
  name: string | undefined,
  stages: string[],
  data: boolean,
): Promise<number> {
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
      const run = { workspace, pipeline, tasks: all };
      const named = stages.length ? tasksNamed(all, stages) : forPeople(workspace, all);
      if (!(await pullResults(run, results, data ? new Set(all.map(({ id }) => id)) : named))) code = 1;
    } finally {
      removeSession(session);
    }
  }
  return code;
}

/** Ids of the tasks that make results and reports: small, and what one pulls for. */
const forPeople = (workspace: Workspace, tasks: readonly Task[]): Set<string> =>
  new Set(
    tasks
      .filter(({ spec }) => {
        const gives = givenBy(workspace, spec.run);
        return gives === undefined || gives === 'results';
      })
      .map(({ id }) => id),
  );

/**
 * @param wanted the tasks whose data are fetched now
 * @returns whether all of them are here now, or known to be on the remote
 */
async function pullResults(
  { workspace: { root }, pipeline }: Run,
  results: readonly Recorded[],
  wanted: ReadonlySet<string>,
): Promise<boolean> {
  const isWanted = ({ task }: Recorded) => wanted.has(task.id);
  const folderOf = ({ task }: Recorded) => taskFolder(root, task);
  const absent = results.filter((result) => !isHere(root, result, isWanted(result)));
  // Of a result that was made here, nobody knows whether the remote has its data.
  const isOwn = (each: Recorded) => isCached(root, md5Of(each.entry, 'run.json')) && !isRemote(root, folderOf(each));
  const { came, wrong } = await fetchResults(root, pipeline, absent, (each) => isWanted(each) || isOwn(each));
  const missing = absent.filter((result) => {
    const record = recordIn(root, result.entry);
    if (!record || !placeResult(root, folderOf(result), result.entry, record, came.has(result))) return true;
    return isWanted(result) && isRemote(root, folderOf(result));
  });
  for (const result of absent) if (!missing.includes(result)) replaceCached(root, result.task);
  const counts = `${absent.length - missing.length} results pulled, ${results.length - absent.length} were here`;
  print(`${pipeline.name}: ${counts}`);
  const there = results.filter((result) => isRemote(root, folderOf(result))).map(({ task }) => task.id);
  if (there.length)
    print(
      `data that stay on the remote until a stage reads them: ${there.join(', ')}. npx simclr pull ${pipeline.name} --data brings them now`,
    );
  if (!missing.length) return true;
  const why = wrong === undefined ? '' : `: ${wrong}`;
  print(`not on the remote: ${missing.map(({ task }) => task.id).join(', ')}${why}. push them where they were made`);
  return false;
}

/** Whether the result of dvc.lock is the one in place, and its data too, where they are wanted. */
function isHere(root: string, { task, entry }: Recorded, wanted: boolean): boolean {
  const folder = taskFolder(root, task);
  const known = knownEntry(folder);
  const same = known && ['run.json', 'data'].every((name) => md5Of(known, name) === md5Of(entry, name));
  if (!same || !readRun(folder.run) || !receiptDigest(folder)) return false;
  return dataDigest(folder) === receiptDigest(folder) || (!wanted && isRemote(root, folder));
}
