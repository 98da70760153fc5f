import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError, writeJson } from '@simclr/stage';
import type { Pipeline } from '../definition/pipeline.ts';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { dvcCommand, readLockEntry, reproArgs } from '../dvc/dvc.ts';
import { hydrate } from '../dvc/dvc-cache.ts';
import { isSynced } from '../dvc/dvc-yaml.ts';
import { syncKeys } from '../inputs/keys.ts';
import { followConsole, print, stageConsole } from '../launch/console.ts';
import { openSession } from '../launch/open-session.ts';
import { isAlive, when } from '../launch/process-id.ts';
import {
  currentSession,
  isForced,
  isRunning,
  launcher,
  readLost,
  readStatus,
  removeSession,
  reportLost,
  type Session,
  sessionEnv,
  stopRequested,
} from '../launch/session.ts';
import { EXIT_INTERRUPTED, onStopSignal } from '../launch/stop-signals.ts';
import { prepareCheckout } from './checkout.ts';
import { readRun } from './run-record.ts';
import { dataDigest, taskFolder } from './task-folder.ts';
import { readState } from './work-folder.ts';

// Longer than a stage that was told to stop gives itself.
const STUCK_MS = 70_000;

/**
 * Brings one task up to date: what Nx calls on a cache miss. Puts back the data that it needs, lets DVC decide whether
 * the stage must run or is in its run-cache, and writes the small files that Nx caches.
 *
 * @returns the exit code: 0, 1 (failed, and said why), 75 (interrupted)
 */
export async function runTask(run: Run, task: Task): Promise<number> {
  const { workspace, pipeline, tasks } = run;
  const lost = tasks
    .filter(({ id }) => task.needs.some((need) => need.id === id))
    .filter((need) => !hydrate(workspace.root, taskFolder(workspace.root, need)))
    .map(({ id }) => id);
  const given = currentSession();
  if (given && lost.length) {
    reportLost(given, lost);
    return 1;
  }
  if (given) return bringUpToDate(run, task, given);
  if (lost.length) {
    throw new UserError(
      `lost data: ${lost.join(', ')} not in DVC's cache. run npm run pipeline -- run ${pipeline.name}`,
    );
  }
  // Nx was called by hand: a session of our own, for this task.
  const session = await openSession(workspace.root, pipeline, 'task', print);
  const finish = followConsole(session, (text) => process.stdout.write(text));
  try {
    await prepareCheckout(run, print);
    syncKeys(workspace, pipeline.name);
    return await bringUpToDate(run, task, session);
  } finally {
    finish();
    removeSession(session);
  }
}

async function bringUpToDate({ workspace, pipeline }: Run, task: Task, session: Session) {
  const { root } = workspace;
  if (stopRequested(session)) return EXIT_INTERRUPTED;
  if (!(await isSynced(workspace, pipeline.name)))
    throw new UserError(`out of date: ${pipeline.dir}/dvc.yaml. run npx nx sync`);
  const { ok, said } = await repro(root, pipeline, task, session);
  if (ok) {
    await record(root, pipeline, task);
    return 0;
  }
  const status = readStatus(session, task.id)?.status;
  if (status === 'interrupted' || stopRequested(session)) return EXIT_INTERRUPTED;
  const lost = readLost(session);
  const refused = task.needs.some(({ id }) => lost.includes(id)); // and said so
  if (status !== 'failed' && !refused) stageConsole(session).write(said);
  return 1;
}

async function repro(root: string, pipeline: Pipeline, task: Task, session: Session) {
  const cancel = (how: 'stop' | 'kill') => {
    const status = readStatus(session, task.id);
    if (isRunning(status)) launcher.cancel(status.job, how);
  };
  // Whatever signal came: the stage may have got it too, and two SIGINTs end it at once.
  const undo = onStopSignal(() => cancel('stop'));
  const args = reproArgs(task.id, isForced(session, task.id));
  const dvc = await launcher.submit(dvcCommand(root, pipeline.dir, args, sessionEnv(session)));
  // The stage sees for itself that the run is gone. One that cannot is killed, and a DVC that has not begun it ends.
  const unwatch = when(
    () => !isAlive(session.owner),
    () => {
      if (!readStatus(session, task.id)) launcher.cancel(dvc.job, 'stop');
      setTimeout(() => cancel('kill'), STUCK_MS).unref();
    },
  );
  const { ok, said } = await dvc.ended;
  // Nx's way to stop kills DVC before the stage is done: no one else may start the stage as long as it writes.
  while (isRunning(readStatus(session, task.id))) await sleep(50);
  undo();
  unwatch();
  return { ok, said };
}

/** Writes what Nx caches. With that DVC has all of the result: the checkpoints that led to it go. */
async function record(root: string, pipeline: Pipeline, task: Task): Promise<void> {
  const folder = taskFolder(root, task);
  writeJson(folder.lock, await readLockEntry(join(root, pipeline.dir), task.id));
  writeJson(folder.receipt, { digest: dataDigest(folder) });
  const done = readRun(folder.run)?.key === readState(folder)?.key;
  if (done) rmSync(folder.work, { recursive: true, force: true });
}
