import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@simclr/stage';
import { followConsole } from './console.ts';
import { hydrate } from './dvc-cache.ts';
import { type NxRun, replaceCached, spawnNx } from './nx.ts';
import type { Pipeline } from './pipeline.ts';
import { select } from './plan.ts';
import {
  createSession,
  forceTasks,
  isRunning,
  readLost,
  readStatuses,
  removeSession,
  requestStop,
  type Session,
  stopRequested,
  type TaskStatus,
} from './session.ts';
import { onStopSignal, signalProcess } from './stop-signals.ts';
import { readJson, taskFolder } from './task-folder.ts';
import type { Task } from './tasks.ts';
import { startTracker, type Tracker } from './tracker.ts';
import type { Workspace } from './workspace.ts';

export interface SessionResult {
  ok: boolean;
  interrupted: boolean;
  /** Ids of the tasks whose stage failed. */
  failed: string[];
  /** Of the tasks whose stage was executed. */
  statuses: TaskStatus[];
  /** Present when a stage was executed. */
  tracker: Tracker | undefined;
}

/**
 * Runs tasks through Nx, passes on what their stages say, tracks them in MLflow, and stops them on a signal.
 *
 * @param forced ids of those that are run anew though nothing changed
 */
export async function runSession(
  workspace: Workspace,
  pipeline: Pipeline,
  tasks: Task[],
  print: (line: string) => void,
  forced: ReadonlySet<string> = new Set(),
): Promise<SessionResult> {
  const { root } = workspace;
  const parent = parentRun(root, pipeline);
  const session = createSession(parent.key, process.stdout);
  const finishConsole = followConsole(session, (text) => process.stdout.write(text));
  let tracker: Tracker | undefined;
  const watch = setInterval(() => {
    if (tracker || !readStatuses(session).length) return;
    parent.keep();
    tracker = startTracker(root, pipeline, parent.key, print);
  }, 100);
  let nx: NxRun | undefined;
  const undo = onStopSignal(() => stop(session, nx, print));
  try {
    const run = (some: Task[], anew = false) => {
      nx = spawnNx(root, pipeline, some, session, anew);
      return nx.ended;
    };
    const again = new Set(forced);
    const lost = (ok: boolean) =>
      ok
        ? tasks.filter((task) => !hydrate(root, taskFolder(root, task))).map(({ id }) => id)
        : readLost(session).filter((id) => !again.has(id));
    forceTasks(session, [...forced]);
    let result = again.size ? await runAnew(root, tasks, again, run) : await run(tasks);
    forceTasks(session, []);
    // At worst one after the other: each task that is made again may find that another one's data is missing.
    for (let left = tasks.length; left > 0 && !stopRequested(session); left--) {
      const ids = lost(result.ok);
      if (!ids.length) break;
      print(`data gone, or newer than what Nx knows: ${ids.join(', ')}. DVC keeps what it has or makes it again`);
      if (result.ok) again.clear();
      for (const id of ids) again.add(id);
      result = await runAnew(root, tasks, again, run);
    }
    const statuses = readStatuses(session);
    const failed = statuses.filter(({ status }) => status === 'failed').map(({ id }) => id);
    const interrupted = stopRequested(session);
    if (!result.ok && !failed.length && !interrupted) print(result.output);
    if (result.ok && !interrupted) parent.done();
    return { ok: result.ok, interrupted, failed, statuses, tracker };
  } finally {
    undo();
    clearInterval(watch);
    finishConsole();
    removeSession(session);
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

/** First signal: no more tasks, and stages write their checkpoints. Second: everything ends at once. */
function stop(session: Session, nx: NxRun | undefined, print: (line: string) => void): void {
  const running = () => readStatuses(session).filter(isRunning);
  if (stopRequested(session)) {
    for (const { pid } of running()) signalProcess(pid, 'SIGKILL');
    if (nx) signalProcess(-nx.pid, 'SIGKILL');
    return;
  }
  requestStop(session);
  const ids = running().map(({ id, pid }) => {
    signalProcess(pid, 'SIGINT');
    return id;
  });
  print(ids.length ? `\nstopping: ${ids.join(', ')} writes a checkpoint (again: stop at once)` : '\nstopping');
}

/** The parent run in MLflow: that of the last run of the pipeline, if it was interrupted or failed, or a new one. */
function parentRun(root: string, pipeline: Pipeline) {
  const file = join(root, pipeline.dir, 'out/.runs/unfinished.json');
  const key = readJson<{ key: string }>(file)?.key ?? randomUUID();
  return { key, keep: () => writeJson(file, { key }), done: () => rmSync(file, { force: true }) };
}
