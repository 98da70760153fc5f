import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rankCount } from '@simclr/collective/ranks';
import { UserError, writeJson } from '@simclr/stage';
import { contractOf } from '../definition/contract.ts';
import type { Run } from '../definition/run.ts';
import type { Task } from '../definition/tasks.ts';
import { alone } from '../launch/alone.ts';
import { batchLog, jobFolder, type LeftJob, readJob, writeJob } from '../launch/job-folder.ts';
import { logOf, type ScheduledJob, type Scheduler } from '../launch/launcher.ts';
import { type Session, sessionEnv, stopRequested } from '../launch/session.ts';
import { readJson, readJsonIfSound } from './task-folder.ts';

/** Of a task's result: what it is made from, and whether it is made though nothing changed. */
export type Wanted = Pick<LeftJob, 'fingerprint' | 'forced'>;

/** Tasks that are due together, and how many of them can come at once. */
interface Group {
  ids: string[];
  atOnce: number;
}

interface Submitted {
  job: ScheduledJob;
  log: string;
}

const EVERY_MS = 300;
// The plan names who is due together. One that does not come, as Nx has its result after all, is not waited for longer.
const SILENT_MS = 15_000;

const folder = (session: Session) => join(session.dir, 'together');
/** Whether nobody wants jobs of a run any more: it was stopped, or has ended, with the session, before this process has. */
export const isOver = (session: Session): boolean => stopRequested(session) || !existsSync(session.dir);

/** Says in a session which tasks are due together, before they start: each runs in a process of its own. */
export function nameGroups(session: Session, groups: string[][], jobs: number): void {
  for (const ids of groups) {
    const group: Group = { ids, atOnce: Math.min(ids.length, jobs) };
    writeJson(join(folder(session), ids[0]!, 'group.json'), group);
  }
}

/** Says that a task of a group needs no new job. */
export function goAlone(session: Session, id: string): void {
  const dir = groupOf(session, id);
  if (dir) writeJson(join(dir, 'came', `${id}.json`), {});
}

/**
 * Submits a job for a task: with those of its group, as one batch, by whoever comes last; or alone, where it has none or
 * that was submitted before.
 *
 * @returns undefined where the run was stopped meanwhile
 */
export async function submitTogether(
  scheduler: Scheduler,
  run: Run,
  task: Task,
  session: Session,
  wanted: Wanted,
): Promise<Submitted | undefined> {
  const own = jobFolder(join(run.workspace.root, run.pipeline.dir, 'out'), task.id);
  const dir = groupOf(session, task.id);
  const done = dir && join(dir, 'done');
  if (dir) writeJson(join(dir, 'came', `${task.id}.json`), wanted);
  let known = 0;
  let since = Date.now();
  while (dir && !existsSync(done!)) {
    if (isOver(session)) return undefined;
    // Without those that are being written: who is counted there is submitted with the others.
    const came = readdirSync(join(dir, 'came')).filter((name) => name.endsWith('.json')).length;
    if (came > known) since = Date.now();
    known = came;
    const silent = Date.now() - since > SILENT_MS;
    await alone(join(dir, 'lock'), async () => {
      if (existsSync(done!) || !(silent || came >= readGroup(dir).atOnce)) return;
      let failure = '';
      try {
        const jobs = await submit(scheduler, run, task, readComers(dir));
        // The others may have gone meanwhile.
        if (isOver(session)) await Promise.all(jobs.map((job) => scheduler.cancel(job, 'stop')));
      } catch (error) {
        failure = (error as Error).message;
      }
      writeFileSync(done!, failure);
    });
    if (!existsSync(done!)) await sleep(EVERY_MS);
  }
  const failure = dir && readFileSync(done!, 'utf8');
  if (failure) throw new UserError(failure);
  // Not there where it came as the others were submitted.
  if (!readJob(own)?.job) await submit(scheduler, run, task, new Map([[task.id, wanted]]));
  const { job, log } = readJob(own)!;
  return { job: job!, log };
}

function groupOf(session: Session, id: string): string | undefined {
  if (!existsSync(folder(session))) return undefined;
  return readdirSync(folder(session))
    .map((name) => join(folder(session), name))
    .find((dir) => readGroup(dir).ids.includes(id));
}

const readGroup = (dir: string): Group => readJson<Group>(join(dir, 'group.json'), 'ids', 'atOnce')!;

/** In the order of the pipeline: who came, and needs a job. */
function readComers(dir: string): Map<string, Wanted> {
  const { ids } = readGroup(dir);
  const read = (id: string) => readJsonIfSound<Wanted>(join(dir, 'came', `${id}.json`), 'fingerprint');
  return new Map(ids.map((id) => [id, read(id)] as const).filter((one): one is [string, Wanted] => !!one[1]));
}

/** Submits jobs for tasks of one stage, in their order, and notes each where its task finds it. */
async function submit(
  scheduler: Scheduler,
  { workspace, pipeline }: Run,
  { id, stage, spec }: Task,
  tasks: ReadonlyMap<string, Wanted>,
): Promise<ScheduledJob[]> {
  const { root } = workspace;
  const out = join(root, pipeline.dir, 'out');
  const name = `${pipeline.name}.${tasks.size > 1 ? stage : id}.${randomBytes(3).toString('hex')}`;
  const log = batchLog(out, name);
  const notes = [...tasks].map(([task, wanted], index) => {
    return { task, dir: jobFolder(out, task), left: { name, index, log: logOf(log, index), ...wanted } };
  });
  for (const { dir, left } of notes) writeJob(dir, left);
  const jobs = await scheduler.submit({
    name,
    cwd: root,
    resources: spec.resources,
    ranks: contractOf(workspace, spec.run).ranks ? rankCount() : 1,
    container: pipeline.kubernetes,
    log,
    commands: notes.map(({ task, dir }) => ({
      program: process.execPath,
      args: [process.argv[1]!, 'exec', pipeline.name, task],
      env: sessionEnv({ dir }),
    })),
  });
  for (const [i, { dir, left }] of notes.entries()) writeJob(dir, { ...left, job: jobs[i]! });
  return jobs;
}
