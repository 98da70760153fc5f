import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@simclr/stage';
import { readJsonIfSound } from '../run/task-folder.ts';
import type { ScheduledJob } from './launcher.ts';
import { consoleFile, forceTasks, readStatuses, running, type Session } from './session.ts';

/** What a scheduler was asked for, kept where who submits next finds it: `out/.jobs/<task>/job.json`. */
export interface LeftJob {
  /** Of the batch, like no other's: it is known before the scheduler gives a number. */
  name: string;
  /** Which of the batch's commands it is. */
  index: number;
  /** What the job prints besides what its stage says in the session. */
  log: string;
  /** Absent for the moment in which it is submitted. */
  job?: ScheduledJob;
  /** Of the inputs of the task. */
  fingerprint: string;
  /** Whether the stage is to run though nothing changed. */
  forced: boolean;
}

const jobsFolder = (out: string) => join(out, '.jobs');
export const jobFolder = (out: string, id: string): string => join(jobsFolder(out), id);
/** How the files begin to which the jobs of a batch print. */
export const batchLog = (out: string, name: string): string => join(jobsFolder(out), name);

const file = (dir: string) => join(dir, 'job.json');
export const readJob = (dir: string): LeftJob | undefined => readJsonIfSound<LeftJob>(file(dir), 'name', 'log');
export const writeJob = (dir: string, job: LeftJob): void => writeJson(file(dir), job);

/**
 * The session in which a job's stage is: as that of the run which submits it, but that it outlives the run.
 *
 * @param forced whether the stage is to run though nothing changed
 */
export function createJobSession(dir: string, id: string, of: Session, forced: boolean): Session {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'tasks'), { recursive: true });
  const session: Session = { ...of, dir, kind: 'job' };
  appendFileSync(consoleFile(session), '');
  forceTasks(session, forced ? [id] : []);
  writeJson(join(dir, 'session.json'), session);
  return session;
}

export function readJobSession(dir: string): Session | undefined {
  return readJsonIfSound<Session>(join(dir, 'session.json'), 'dir', 'owner');
}

/** The keys of the runs in MLflow on which jobs are at work, of whatever run. */
export async function keysAtWork(out: string): Promise<string[]> {
  let names: string[] = [];
  try {
    names = readdirSync(jobsFolder(out));
  } catch {
    // None was ever submitted.
  }
  const sessions = names.flatMap((name) => readJobSession(join(jobsFolder(out), name)) ?? []);
  return (await running(sessions.flatMap(readStatuses))).map(({ key }) => key);
}
