import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rankCount } from '@simclr/collective/ranks';
import { contractOf } from '../definition/contract.ts';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { fingerprint } from '../inputs/task-inputs.ts';
import { type Console, followConsole, stageConsole } from '../launch/console.ts';
import {
  createJobSession,
  jobFolder,
  jobLog,
  type LeftJob,
  readJob,
  readJobSession,
  writeJob,
} from '../launch/job-folder.ts';
import type { Scheduler, SlurmJob } from '../launch/launcher.ts';
import { nameOf } from '../launch/launchers.ts';
import {
  isAbandoned,
  isForced,
  isToldToStop,
  readLost,
  readStatus,
  removeStatus,
  reportLost,
  requestStop,
  type Session,
  sessionEnv,
  stopRequested,
  writeStatus,
} from '../launch/session.ts';
import { EXIT_INTERRUPTED } from '../launch/stop-signals.ts';
import type { Look } from './look.ts';
import { taskFolder } from './task-folder.ts';
import { readState } from './work-state.ts';

const EVERY_MS = 300;
const AGAIN_MS = 5000;

interface Submitted {
  job: SlurmJob;
  /** In which its stage is. */
  inner: Session;
}

/**
 * Has a scheduler's job make a task's result, and passes on what it says. A job that a run before this one has left is taken
 * up again. One whose stage wrote its checkpoint and ended, as its time was up, is submitted anew; one that failed, as often
 * as pipeline.yaml says. Where the run is gone, without having asked for the end, the job goes on.
 *
 * @returns the exit code, as of {@link makeResult}
 */
export async function makeOn(
  scheduler: Scheduler,
  run: Run,
  task: Task,
  session: Session,
  look: Look,
): Promise<number> {
  const { retries } = task.spec;
  const console = stageConsole(session);
  const say = (line: string) => console.write(`${task.id}: ${line}\n`);
  const wanted = { fingerprint: fingerprint(look.inputs), forced: isForced(session, task.id) };
  for (let left = retries; ; ) {
    const submitted = await takeUp(scheduler, run, task, session, wanted, say);
    if (!submitted) return EXIT_INTERRUPTED;
    const { code, again } = await follow(scheduler, run, task, session, submitted, console, say);
    if (code === 0 || stopRequested(session)) return code;
    if (again === 'resume') say('goes on from its checkpoint in a new job');
    else if (again === 'retry' && left > 0) say(`tries again, ${retries - left-- + 1} of ${retries}`);
    else return code;
  }
}

/** The job that makes what is wanted, submitted now if none does; undefined where the run was stopped meanwhile. */
async function takeUp(
  scheduler: Scheduler,
  { workspace, pipeline }: Run,
  task: Task,
  session: Session,
  wanted: Pick<LeftJob, 'fingerprint' | 'forced'>,
  say: (line: string) => void,
): Promise<Submitted | undefined> {
  const { root } = workspace;
  const dir = jobFolder(join(root, pipeline.dir, 'out'), task.id);
  const left = readJob(dir);
  const job = left && (left.job ?? scheduler.find(left.name));
  const inner = readJobSession(dir);
  if (job && inner && scheduler.alive(job)) {
    if (left.fingerprint === wanted.fingerprint && left.forced === wanted.forced) {
      say(`takes up ${nameOf(job)} again`);
      return { job, inner };
    }
    say(`stops ${nameOf(job)}, which makes it from something else`);
    requestStop(inner);
    for (scheduler.cancel(job, 'stop'); scheduler.alive(job); ) {
      if (stopRequested(session)) return undefined;
      await sleep(EVERY_MS);
    }
  }
  if (stopRequested(session)) return undefined;
  const name = `${pipeline.name}.${task.id}.${randomBytes(3).toString('hex')}`;
  const anew = createJobSession(dir, task.id, session, wanted.forced);
  writeJob(dir, { name, ...wanted });
  const submitted = await scheduler.submit({
    name,
    program: process.execPath,
    args: [process.argv[1]!, 'exec', pipeline.name, task.id],
    cwd: root,
    env: { ...process.env, ...sessionEnv(anew) },
    resources: task.spec.resources,
    ranks: contractOf(workspace, task.spec.run).ranks ? rankCount() : 1,
    log: jobLog(dir),
  });
  writeJob(dir, { name, ...wanted, job: submitted });
  return { job: submitted, inner: anew };
}

/** Passes on what a job's stage says and how it stands, until the job has ended, or the run that waits for it. */
async function follow(
  scheduler: Scheduler,
  { workspace: { root } }: Run,
  { id, out }: Task,
  session: Session,
  { job, inner }: Submitted,
  console: Console,
  say: (line: string) => void,
): Promise<{ code: number; again?: 'resume' | 'retry' }> {
  const text = new TextDecoder();
  const finish = followConsole(inner, (bytes) => console.write(text.decode(bytes, { stream: true })));
  // Who stops the run finds the job here, though it may wait for a node.
  const started = Date.now();
  const key = readState(taskFolder(root, { id, out }))?.key ?? '';
  const waiting = { id, job, key, status: 'running', started, seconds: 0, resumed: false } as const;
  let mirrored = '';
  const mirror = () => {
    const status = readStatus(inner, id) ?? waiting;
    if (JSON.stringify(status) === mirrored) return;
    writeStatus(session, status);
    mirrored = JSON.stringify(status);
  };
  mirror();
  const left = new AbortController();
  let cancelled = 0;
  const watch = setInterval(() => {
    mirror();
    if (isToldToStop(session) && Date.now() - cancelled > AGAIN_MS) {
      cancelled = Date.now();
      requestStop(inner);
      scheduler.cancel(job, 'stop');
    } else if (isAbandoned(session)) {
      left.abort();
    }
  }, EVERY_MS);
  const ended = await scheduler.wait(job, jobLog(inner.dir), say, left.signal).finally(() => {
    clearInterval(watch);
    finish();
  });
  if (left.signal.aborted) return { code: EXIT_INTERRUPTED };
  const lost = readLost(inner);
  if (lost.length) reportLost(session, lost);
  const own = readStatus(inner, id);
  const code = ended.code ?? codeOf(own?.status);
  if (code === 0) {
    if (own) writeStatus(session, own);
    else removeStatus(session, id); // There was nothing to do.
    return { code };
  }
  const saved = code === EXIT_INTERRUPTED;
  const stopped = isToldToStop(session);
  const status = own && own.status !== 'running' ? own.status : stopped || saved ? 'interrupted' : 'failed';
  writeStatus(session, { ...(own ?? waiting), status });
  if (stopped || saved) return { code: EXIT_INTERRUPTED, again: 'resume' };
  if (own?.status === 'failed') return { code: 1, again: 'retry' };
  // What it could not say in its session.
  if (ended.said) say(`${nameOf(job)} said: ${ended.said.trimEnd()}`);
  return { code: 1 };
}

const CODES: Partial<Record<string, number>> = { done: 0, interrupted: EXIT_INTERRUPTED };
const codeOf = (status: string | undefined): number => CODES[status ?? ''] ?? 1;
