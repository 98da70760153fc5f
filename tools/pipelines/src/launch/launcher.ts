import type { ProcessId } from './process-id.ts';

/** What brings a task up to date: a program that ends when the task has its result. */
export interface Command {
  program: string;
  args: readonly string[];
  cwd: string;
  /** All of its environment. */
  env: NodeJS.ProcessEnv;
}

/** What is at work on a task. Plain data: it is written into the session, where other processes find it. */
export type Job = ProcessId;

/** How a job ended. */
export interface Ended {
  ok: boolean;
  /** The last that it printed, up to 64,000 characters: a reason is at the end of what a program says. */
  said: string;
}

/**
 * Where tasks are worked on. Between the processes of a run nothing passes but files in the session's folder, so that a job
 * may be one of a scheduler, on another machine that sees the same files.
 */
export interface Launcher {
  /** Starts a command. Resolves once it is under way; rejects where it cannot be started. */
  submit(command: Command): Promise<{ job: Job; ended: Promise<Ended> }>;
  /** Has a job end: `stop` leaves a stage the time to write its checkpoint. Of one that has ended, nothing. */
  cancel(job: Job, how: 'stop' | 'kill'): void;
  /** Whether it is at work, or may be. */
  alive(job: Job): boolean;
  /** The job that this process is: what a stage that works on a task calls itself, whoever started it. */
  own(): Job;
}
