import { existsSync, rmSync } from 'node:fs';
import { UserError } from '@simclr/stage';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { knownEntry, syncLock, writeKnown } from '../dvc/dvc.ts';
import { hydrate, isRemote } from '../dvc/dvc-cache.ts';
import { requireSynced } from '../dvc/dvc-yaml.ts';
import { recordResult } from '../dvc/record-result.ts';
import { syncKeys } from '../inputs/keys.ts';
import { describeChanges, type TaskInputs } from '../inputs/task-inputs.ts';
import { capacity, type Share } from '../launch/capacity.ts';
import { followConsole, print, stageConsole } from '../launch/console.ts';
import { scheduler } from '../launch/launchers.ts';
import { takeLease } from '../launch/lease.ts';
import { openSession } from '../launch/open-session.ts';
import {
  currentSession,
  isForced,
  isLeftOver,
  readStatus,
  removeSession,
  reportLost,
  requestStop,
  type Session,
  stopRequested,
} from '../launch/session.ts';
import { EXIT_INTERRUPTED, onStopSignal } from '../launch/stop-signals.ts';
import { bringData } from '../sharing/fetch-data.ts';
import { prepareCheckout } from './checkout.ts';
import { type Look, lookAtInputs } from './look.ts';
import { makeResult } from './make-result.ts';
import { readRun } from './run-record.ts';
import { damageOf } from './soundness.ts';
import { makeOn } from './submit-task.ts';
import { dataDigest, receiptDigest, type TaskFolder, taskFolder } from './task-folder.ts';
import { readState } from './work-state.ts';

/**
 * Brings one task up to date: what Nx calls on a cache miss. Puts back the data that it needs; takes a result that is in
 * place, or in DVC's cache, and was made from the same; or has the stage make it. The result goes into DVC's cache, and what
 * Nx is to remember of it into small files.
 *
 * @returns the exit code: 0, 1 (failed, and said why), 75 (interrupted)
 */
export async function runTask(run: Run, task: Task): Promise<number> {
  if (isLeftOver()) return EXIT_INTERRUPTED;
  const { workspace, pipeline } = run;
  const given = currentSession();
  if (given) return bringUpToDate(run, task, given);
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

async function bringUpToDate(run: Run, task: Task, session: Session): Promise<number> {
  const { workspace, pipeline } = run;
  const { root } = workspace;
  const folder = taskFolder(root, task);
  if (stopRequested(session)) return EXIT_INTERRUPTED;
  await requireSynced(workspace, pipeline.name);
  // Who waits for the machine waits no more. Between a stage's end and the last of these files there is nothing to be stopped.
  const undo = onStopSignal(() => requestStop(session));
  try {
    const lost = unavailable(run, task);
    if (lost.length) return giveUp(run, session, lost);
    const look = await lookAtInputs(run, task, session);
    const anew = isForced(session, task.id);
    if (!anew && isRemote(root, folder) && isMadeFrom(folder, look.inputs)) {
      await syncLock(folder.pipeline, { [task.id]: knownEntry(folder)! });
      return 0;
    }
    if (anew || !isMade(folder, look.inputs)) {
      const say = (line: string) => stageConsole(session).write(`${task.id}: ${line}\n`);
      const absent = await bringData(root, pipeline, needsOf(run, task), say);
      if (absent.length) return giveUp(run, session, absent);
      const elsewhere = scheduler();
      const code = elsewhere
        ? await makeOn(elsewhere, run, task, session, look)
        : await makeWithin(run, task, session, look);
      if (code !== 0) return code;
      // A job looks at its inputs itself, when it starts.
      if (elsewhere && !isMade(folder, look.inputs))
        throw new UserError(`not made: ${task.id}: its job found other inputs than this run. run again`);
    }
    await record(run, task, look);
    return 0;
  } finally {
    undo();
  }
}

const needsOf = ({ tasks }: Run, { needs }: Task): Task[] =>
  tasks.filter(({ id }) => needs.some((need) => need.id === id));

/** What a task needs whose data are neither here nor on the remote. */
const unavailable = (run: Run, task: Task): Task[] => {
  const { root } = run.workspace;
  return needsOf(run, task).filter((need) => {
    const folder = taskFolder(root, need);
    return !hydrate(root, folder) && !isRemote(root, folder);
  });
};

/** The run, if there is one, has what is lost made again, and comes back. */
function giveUp({ pipeline }: Run, session: Session, lost: readonly Task[]): number {
  const ids = lost.map(({ id }) => id);
  if (session.kind === 'task')
    throw new UserError(
      `lost data: ${ids.join(', ')} not in DVC's cache. run npm run pipeline -- run ${pipeline.name}`,
    );
  reportLost(session, ids);
  return 1;
}

/** Has the stage make its result on its part of the machine; where it fails, as often again as pipeline.yaml says. */
async function makeWithin(run: Run, task: Task, session: Session, look: Look): Promise<number> {
  const { resources, retries } = task.spec;
  const say = (line: string) => stageConsole(session).write(`${task.id}: ${line}\n`);
  const stopped = () => stopRequested(session);
  const lease = await takeLease(`${task.id} of ${run.pipeline.name}`, resources, say, stopped);
  if (!lease) return EXIT_INTERRUPTED;
  adoptShare(lease.share);
  try {
    for (let left = retries; ; left--) {
      const code = await makeResult(run, task, session, look);
      const failed = code === 1 && readStatus(session, task.id)?.status === 'failed';
      if (!failed || left === 0 || stopped()) return code;
      say(`tries again, ${retries - left + 1} of ${retries}`);
    }
  } finally {
    await lease.release();
  }
}

/** Before a stage starts threads, TensorFlow's, onnxruntime's and those that make views: they are as many as these say. */
export function adoptShare({ cpu, gpus }: Share): void {
  const { cpu: all, gpus: visible } = capacity();
  if (cpu < all) process.env.SIMCLR_CORES = String(cpu);
  if (visible.length) process.env.CUDA_VISIBLE_DEVICES = gpus.join(',');
}

/** Whether the result that a task has was made from this, by whomever. */
function isMadeFrom(folder: TaskFolder, inputs: TaskInputs): boolean {
  const last = readRun(folder.run);
  return last !== undefined && !describeChanges(last.inputs, inputs).length;
}

/** Whether that is so of the result that is in place, and it is whole. */
function isMade(folder: TaskFolder, inputs: TaskInputs): boolean {
  const last = readRun(folder.run);
  if (!last || !isMadeFrom(folder, inputs)) return false;
  const digest = dataDigest(folder);
  // Nx puts back the record of other data than those in place, where it remembers a result whose data are gone.
  if (digest === '' || digest !== (last.digest ?? receiptDigest(folder))) return false;
  return existsSync(folder.metrics) && !damageOf(folder, true).length;
}

/** With the last of this Nx and DVC have all of the result: the checkpoints that led to it go. */
async function record(run: Run, task: Task, look: Look): Promise<void> {
  const folder = taskFolder(run.workspace.root, task);
  const entry = await recordResult(run, task, look);
  await syncLock(folder.pipeline, { [task.id]: entry });
  writeKnown(folder, entry, dataDigest(folder));
  const done = readRun(folder.run)?.key === readState(folder)?.key;
  if (done) rmSync(folder.work, { recursive: true, force: true });
}
