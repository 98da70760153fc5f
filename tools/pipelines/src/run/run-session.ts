import { join } from 'node:path';
import { readEnd } from '@simclr/mlflow';
import { onParentsGone } from '../../../bootstrap/src/parents.mjs';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { knownEntry } from '../dvc/dvc.ts';
import { adoptNewer, isRemote } from '../dvc/dvc-cache.ts';
import { followConsole, people } from '../launch/console.ts';
import { keysAtWork } from '../launch/job-folder.ts';
import {
  forceTasks,
  readLost,
  readStatuses,
  running,
  type Session,
  stopRequested,
  type TaskStatus,
  withParent,
  writeStatus,
} from '../launch/session.ts';
import { onStopOrAgain } from '../launch/stop-signals.ts';
import { type NxRun, removeBrokenDatabase, replaceCached, spawnNx } from '../nx/nx.ts';
import { bringData } from '../sharing/fetch-data.ts';
import { endLeft } from '../tracking/journals.ts';
import type { Params } from '../tracking/stage-log.ts';
import { startTracker, type Tracker } from '../tracking/tracker.ts';
import { killDeaf } from './kill-deaf.ts';
import { followers, select } from './plan.ts';
import { end, nothingAtWork, stop } from './stop-tasks.ts';
import { taskFolder } from './task-folder.ts';
import { parentRun } from './unfinished-run.ts';

export interface SessionResult {
  ok: boolean;
  interrupted: boolean;
  /** Ids of the tasks whose stage failed. */
  failed: string[];
  /** Ids of the tasks that did not run since one that they need has failed. */
  skipped: string[];
  /** Of the tasks whose stage was executed. */
  statuses: TaskStatus[];
  /** Present when a stage was executed. */
  tracker: Tracker | undefined;
}

/**
 * Runs tasks through Nx, passes on what their stages say, tracks them in MLflow, and stops them on a signal.
 *
 * @param opened the session of the run, which stays open
 * @param params of the parent run; asked for only where something runs
 * @param how.forced ids of those that are run anew though nothing changed
 * @param how.jobs how many may be at work at once
 */
export async function runSession(
  run: Run,
  opened: Session,
  params: () => Promise<Params>,
  print: (line: string) => void,
  { forced, jobs }: { forced: ReadonlySet<string>; jobs: number },
): Promise<SessionResult> {
  const { workspace, pipeline, tasks } = run;
  const { root } = workspace;
  const parent = await parentRun(root, pipeline, params);
  const session = withParent(opened, parent.key, jobs);
  const endKilled = async () =>
    endLeft(root, pipeline.name, [parent.key, ...(await keysAtWork(join(root, pipeline.dir, 'out')))]);
  await endKilled();
  const finishConsole = followConsole(session, (text) => people().write(text));
  let tracker: Promise<Tracker | undefined> | undefined;
  const track = () => {
    if (tracker || !readStatuses(session).length) return;
    tracker = parent
      .begin()
      .then((values) => startTracker(run, { key: parent.key, params: values }, () => readStatuses(session), print))
      // Stages log to their journals all the same.
      .catch((error: Error) => {
        print(error.message);
        return undefined;
      });
  };
  const watch = setInterval(track, 100);
  let looks = false;
  const guard = setInterval(async () => {
    if (looks) return;
    looks = true;
    await killDeaf(run, session, print).finally(() => {
      looks = false;
    });
  }, 1000);
  let nx: NxRun | undefined;
  let ending: NodeJS.Timeout | undefined;
  /** Nx would start each task that is left, to be told that none may start. */
  const endNx = async () => {
    if (await nothingAtWork(root, tasks, readStatuses(session))) nx?.kill();
  };
  const stopAll = () => {
    stop(session, print);
    ending ??= setInterval(endNx, 500);
  };
  const undo = onStopOrAgain(stopAll, () => void end(session, nx));
  const unwatch = onParentsGone(stopAll);
  try {
    const call = (some: Task[], anew: boolean) => {
      nx = spawnNx(root, pipeline, some, session, { jobs, anew });
      return nx.ended;
    };
    const start = async (some: Task[], anew = false) => {
      const result = await call(some, anew);
      if (result.ok || !removeBrokenDatabase(root, result.output)) return result;
      print('damaged file: the database of Nx. removed: DVC knows the results too');
      return call(some, anew);
    };
    const again = new Set(forced);
    const lost = async (ok: boolean) => {
      if (!ok) return readLost(session).filter((id) => !again.has(id));
      const here = tasks.filter((task) => !isRemote(root, taskFolder(root, task)));
      const absent = await bringData(root, pipeline, here, print);
      // Nx may have put back what it knows, and that is damaged.
      const lost = here.filter((task) => absent.includes(task) || !knownEntry(taskFolder(root, task)));
      return lost.map(({ id }) => id);
    };
    forceTasks(session, [...forced]);
    let result = again.size ? await runAnew(root, tasks, again, start) : await start(tasks);
    forceTasks(session, []);
    // At worst one after the other: each task that is made again may find that another one's data is missing.
    for (let left = tasks.length; left > 0 && !stopRequested(session); left--) {
      const ids = await lost(result.ok);
      if (!ids.length) break;
      print(`data gone, or newer than what Nx knows: ${ids.join(', ')}. DVC keeps what it has or makes it again`);
      for (const task of tasks) if (ids.includes(task.id)) adoptNewer(root, taskFolder(root, task));
      if (result.ok) again.clear();
      for (const id of ids) again.add(id);
      result = await runAnew(root, tasks, again, start);
    }
    if (!(await running(readStatuses(session))).length) await endKilled();
    if (!stopRequested(session)) await tellKilled(root, tasks, session, print);
    const statuses = readStatuses(session);
    const failed = statuses.filter(({ status }) => status === 'failed').map(({ id }) => id);
    const interrupted = stopRequested(session);
    if (!result.ok && !failed.length && !interrupted) print(result.output);
    // All may be over before it was looked for.
    track();
    const begun = await tracker;
    if (result.ok && !interrupted) parent.done();
    const skipped = followers(tasks, failed);
    return { ok: result.ok, interrupted, failed, skipped, statuses, tracker: begun };
  } finally {
    undo();
    unwatch();
    clearInterval(watch);
    clearInterval(guard);
    clearInterval(ending);
    finishConsole();
  }
}

/** Runs the tasks of which Nx may have a result that is not to count, each after what it needs, then all the others. */
async function runAnew(
  root: string,
  tasks: Task[],
  ids: ReadonlySet<string>,
  run: (some: Task[], anew?: boolean) => NxRun['ended'],
): Promise<Awaited<NxRun['ended']>> {
  // Items of one stage need none of each other.
  const groups = Object.values(Object.groupBy(tasks, ({ id, stage }) => (ids.has(id) ? stage : '')));
  for (const group of groups.filter((some) => ids.has(some![0]!.id)) as Task[][]) {
    const named = group.map(({ id }) => id);
    const before = select(tasks, named).filter(({ id }) => !named.includes(id));
    const ready = before.length ? await run(before) : undefined;
    if (ready && !ready.ok) return ready;
    const result = await run(group, true);
    if (!result.ok) return result;
    for (const task of group) replaceCached(root, task);
  }
  return run(tasks);
}

/** A stage that was killed, or ran out of memory, cannot say so. */
async function tellKilled(root: string, tasks: Task[], session: Session, print: (line: string) => void): Promise<void> {
  const statuses = readStatuses(session);
  const atWork = await running(statuses);
  const killed = statuses.filter((each) => each.status === 'running' && !atWork.includes(each));
  for (const status of killed) {
    const { journals } = taskFolder(root, tasks.find(({ id }) => id === status.id)!);
    const why = readEnd(join(journals, status.key))?.error ?? 'its process was killed';
    print(`${status.id}: failed: ${why}`);
    writeStatus(session, { ...status, status: 'failed' });
  }
}
