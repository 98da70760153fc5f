import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJson } from '@simclr/stage';
import { signalProcess } from './stop-signals.ts';

/**
 * One run of a pipeline, as the processes below it see it. Nx and DVC stand between `run` and a stage and keep output
 * and exit codes to themselves, so the two talk through a folder that is named in the environment.
 */
export interface Session {
  dir: string;
  /** `simclr.run_key` of the parent run in MLflow; absent where a task is run alone. */
  parentKey?: string | undefined;
  /** Whether the console at the other end is a terminal, and how wide. */
  isTTY: boolean;
  columns: number;
}

/** What became of a task's stage in this session. A task that has no status did not run. */
export interface TaskStatus {
  id: string;
  pid: number;
  /** `simclr.run_key` of its run. */
  key: string;
  status: 'running' | 'done' | 'failed' | 'interrupted';
  started: number;
  seconds: number;
  resumed: boolean;
}

const variable = 'SIMCLR_SESSION';

export function createSession(parentKey: string | undefined, terminal: { isTTY?: boolean; columns?: number }): Session {
  const dir = mkdtempSync(join(tmpdir(), 'simclr-'));
  mkdirSync(join(dir, 'tasks'));
  const session = { dir, parentKey, isTTY: terminal.isTTY ?? false, columns: terminal.columns || 100 };
  writeJson(join(dir, 'session.json'), session);
  appendFileSync(consoleFile(session), '');
  return session;
}

/** The session that this process is part of, or undefined where Nx or DVC was called by hand. */
export function currentSession(): Session | undefined {
  const dir = process.env[variable];
  const file = dir && join(dir, 'session.json');
  return file && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Session) : undefined;
}

/** The environment for child processes that belong to the session. */
export function sessionEnv(session: Session): Record<string, string> {
  return { [variable]: session.dir };
}

export function removeSession(session: Session): void {
  rmSync(session.dir, { recursive: true, force: true });
}

/** Where stages append what is for the console. */
export function consoleFile(session: Session): string {
  return join(session.dir, 'console');
}

export function writeStatus(session: Session, status: TaskStatus): void {
  writeJson(join(session.dir, 'tasks', `${status.id}.json`), status);
}

export function readStatus(session: Session, id: string): TaskStatus | undefined {
  const file = join(session.dir, 'tasks', `${id}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as TaskStatus) : undefined;
}

/** Whether a task's stage is at work: a process that was killed says so no more, but is gone. */
export function isRunning(status: TaskStatus | undefined): boolean {
  return status?.status === 'running' && signalProcess(status.pid, 0);
}

export function readStatuses(session: Session): TaskStatus[] {
  return readdirSync(join(session.dir, 'tasks'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => readStatus(session, name.slice(0, -'.json'.length))!);
}

/** From now on no task of the session starts. */
export function requestStop(session: Session): void {
  appendFileSync(join(session.dir, 'stop'), '');
}

export function stopRequested(session: Session): boolean {
  return existsSync(join(session.dir, 'stop'));
}

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
