import { appendFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@simclr/stage';
import { readJsonIfSound } from '../run/task-folder.ts';
import type { SlurmJob } from './launcher.ts';
import { consoleFile, forceTasks, isRunning, readStatuses, type Session } from './session.ts';

/** What a scheduler was asked for, kept where who submits next finds it: `out/.jobs/<task>/job.json`. */
export interface LeftJob {
  /** The job's, like no other's: it is known before the scheduler gives a number. */
  name: string;
  /** Absent for the moment in which it is submitted. */
  job?: SlurmJob;
  /** Of the inputs of the task. */
  fingerprint: string;
  /** Whether the stage is to run though nothing changed. */
  forced: boolean;
}

const jobsFolder = (out: string) => join(out, '.jobs');
export const jobFolder = (out: string, id: string): string => join(jobsFolder(out), id);
/** What the job prints besides what its stage says in the session. */
export const jobLog = (dir: string): string => join(dir, 'log.txt');

const file = (dir: string) => join(dir, 'job.json');
export const readJob = (dir: string): LeftJob | undefined => readJsonIfSound<LeftJob>(file(dir), 'name', 'fingerprint');
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
export function keysAtWork(out: string): string[] {
  let names: string[] = [];
  try {
    names = readdirSync(jobsFolder(out));
  } catch {
    // None was ever submitted.
  }
  return names
    .flatMap((name) => readJobSession(join(jobsFolder(out), name)) ?? [])
    .flatMap(readStatuses)
    .filter(isRunning)
    .map(({ key }) => key);
}
