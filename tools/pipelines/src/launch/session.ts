import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '@simclr/stage';
import { readJson, readJsonIfSound } from '../run/task-folder.ts';
import type { Job } from './launcher.ts';
import { launcher } from './launchers.ts';
import { isAlive, isLively, type ProcessId, showLife, thisProcess } from './process-id.ts';

/**
 * One run of a pipeline, as the processes below it see it. Nx and DVC stand between `run` and a stage and keep output
 * and exit codes to themselves, so the two talk through a folder that is named in the environment.
 */
export interface Session {
  dir: string;
  /** Who started it. Once that is gone, stages write their checkpoints and end. */
  owner: ProcessId;
  /** A run of the pipeline, a single task that Nx or DVC was called for by hand, or a scheduler's job, which outlives these. */
  kind: 'run' | 'task' | 'job';
  /** ms since 1970. */
  started: number;
  /** `simclr.run_key` of the parent run in MLflow; absent where a task is run alone. */
  parentKey?: string | undefined;
  /** Whether the console at the other end is a terminal, and how wide. */
  isTTY: boolean;
  columns: number;
}

/** What became of a task's stage in this session. A task that has no status did not run. */
export interface TaskStatus {
  id: string;
  /** What works on it. */
  job: Job;
  /** `simclr.run_key` of its run. */
  key: string;
  status: 'running' | 'done' | 'failed' | 'interrupted';
  started: number;
  seconds: number;
  resumed: boolean;
  /** Whether its scheduler has not started it yet. */
  waits?: boolean;
  /** Whether it knows that its time is over. */
  timedOut?: boolean;
}

const variable = 'SIMCLR_SESSION';
const folder = (out: string) => join(out, '.sessions');
const description = (dir: string) => join(dir, 'session.json');

/** Opens a session of this process in `out`, the folder of a pipeline's outputs. */
export function createSession(
  out: string,
  kind: Session['kind'],
  terminal: { isTTY?: boolean; columns?: number },
): Session {
  const dir = join(folder(out), randomBytes(6).toString('hex'));
  mkdirSync(join(dir, 'tasks'), { recursive: true });
  const { isTTY = false, columns } = terminal;
  const session = { dir, owner: thisProcess(), kind, started: Date.now(), isTTY, columns: columns || 100 };
  appendFileSync(consoleFile(session), '');
  writeJson(description(dir), session);
  showLife(description(dir));
  return session;
}

/** Names the parent run to the tasks that start from now on. The bars of several at once would write over each other. */
export function withParent(session: Session, parentKey: string, jobs: number): Session {
  const named = { ...session, parentKey, isTTY: session.isTTY && jobs === 1 };
  writeJson(description(session.dir), named);
  return named;
}

/** The sessions in `out` that can be read, whether they are over or not; not those of a folder that it is a copy of. */
export function readSessions(out: string): Session[] {
  if (!existsSync(folder(out))) return [];
  return readdirSync(folder(out)).flatMap((name) => {
    const dir = join(folder(out), name);
    const session = readJsonIfSound<Session>(description(dir), 'dir', 'owner');
    return session?.dir === dir ? [session] : [];
  });
}

/** Whether the process that opened a session is there. */
export function isOpen(session: Session): boolean {
  return isLively(session.owner, description(session.dir));
}

// A session of another machine, or one without its description, is over when nothing was written to it for so long.
const SILENT_MS = 7 * 24 * 3600_000;

/** Removes the sessions in `out` that are over: a killed run leaves its own. */
export async function removeOver(out: string): Promise<void> {
  if (!existsSync(folder(out))) return;
  for (const name of readdirSync(folder(out))) {
    const dir = join(folder(out), name);
    const session = readJsonIfSound<Session>(description(dir), 'dir', 'owner');
    const atWork = session && (isAlive(session.owner) || (await running(readStatuses(session))).length > 0);
    const silent = () =>
      Date.now() - (statSync(session ? consoleFile(session) : dir, { throwIfNoEntry: false })?.mtimeMs ?? 0) >
      SILENT_MS;
    const local = session && session.owner.host === thisProcess().host;
    if (local ? !atWork : silent()) rmSync(dir, { recursive: true, force: true });
  }
}

/** The session that this process is part of, or undefined where Nx or DVC was called by hand. */
export function currentSession(): Session | undefined {
  const dir = process.env[variable];
  return dir ? readJson<Session>(description(dir), 'dir', 'owner') : undefined;
}

/** Whether the run that this process was started by is over: Nx starts one task more, at times, while it is being stopped. */
export const isLeftOver = (): boolean => process.env[variable] !== undefined && !currentSession();

/** The environment for child processes that belong to the session. */
export function sessionEnv(session: Pick<Session, 'dir'>): Record<string, string> {
  return { [variable]: session.dir };
}

export function removeSession(session: Session): void {
  rmSync(session.dir, { recursive: true, force: true });
}

/** Where stages append what is for the console. */
export function consoleFile(session: Pick<Session, 'dir'>): string {
  return join(session.dir, 'console');
}

export function writeStatus(session: Session, status: TaskStatus): void {
  writeJson(join(session.dir, 'tasks', `${status.id}.json`), status);
}

/** Of a task for which there was nothing to do. */
export function removeStatus(session: Session, id: string): void {
  rmSync(join(session.dir, 'tasks', `${id}.json`), { force: true });
}

/** Of one that is damaged nothing is known: whether its stage is at work, its work folder says too. */
export function readStatus(session: Session, id: string): TaskStatus | undefined {
  return readJsonIfSound<TaskStatus>(join(session.dir, 'tasks', `${id}.json`), 'status', 'job');
}

/** Those of which the stage is at work: a job that was killed says so no more, but is gone. */
export async function running(statuses: readonly TaskStatus[]): Promise<TaskStatus[]> {
  const left = statuses.filter(({ status }) => status === 'running');
  const alive = await Promise.all(left.map(({ job }) => launcher.alive(job)));
  return left.filter((_, i) => alive[i]);
}

export function readStatuses(session: Session): TaskStatus[] {
  const dir = join(session.dir, 'tasks');
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => readStatus(session, name.slice(0, -'.json'.length)) ?? []);
}

/** From now on no task of the session starts. */
export function requestStop(session: Session): void {
  appendFileSync(join(session.dir, 'stop'), '');
}

/** Whether no task may start: someone asked for it, or the owner is gone. */
export function stopRequested(session: Session): boolean {
  return isToldToStop(session) || (session.kind !== 'job' && isAbandoned(session));
}

/** Whether someone asked for the end of a session. */
export const isToldToStop = ({ dir }: Session): boolean => existsSync(join(dir, 'stop'));

/** When someone asked for the end of a session, ms since 1970; undefined where nobody did. */
export const stoppedAt = ({ dir }: Session): number | undefined =>
  statSync(join(dir, 'stop'), { throwIfNoEntry: false })?.mtimeMs;

/** Whether the owner of a session is gone. */
export const isAbandoned = ({ owner }: Session): boolean => !isAlive(owner);

/** Tasks whose data is gone, though Nx took them for done: neither in place nor in DVC's cache. */
export function reportLost(session: Session, ids: string[]): void {
  appendFileSync(join(session.dir, 'lost'), ids.map((id) => `${id}\n`).join(''));
}

/** Tasks that DVC is to run anew, from now on, though nothing changed. */
export function forceTasks(session: Session, ids: string[]): void {
  writeJson(join(session.dir, 'forced.json'), ids);
}

export function isForced(session: Session, id: string): boolean {
  const file = join(session.dir, 'forced.json');
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as string[]).includes(id);
}

export function readLost(session: Session): string[] {
  const file = join(session.dir, 'lost');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}
