import type { Resources } from './capacity.ts';
import type { ProcessId } from './process-id.ts';

/** What brings a task up to date: a program that ends when the task has its result. */
export interface Command {
  /** A scheduler's list of jobs shows it. */
  name: string;
  program: string;
  args: readonly string[];
  cwd: string;
  /** All of its environment. */
  env: NodeJS.ProcessEnv;
  /** What a scheduler sets aside for it. */
  resources: Resources;
  /** Ranks that it starts, each of which has that; 1 by default. */
  ranks?: number;
  /** The file to which a scheduler appends what it prints. */
  log: string;
}

/** A job of Slurm, by its number; there under the same one when it was requeued. */
export interface SlurmJob {
  slurm: string;
}

/** What is at work on a task. Plain data: it is written into the session, where other processes find it. */
export type Job = ProcessId | SlurmJob;

/** How a job ended. */
export interface Ended {
  /** Its exit code, −1 where it ended without one; undefined where nobody knows any more. */
  code: number | undefined;
  /** The last that it printed, up to 64,000 characters: a reason is at the end of what a program says. */
  said: string;
}

/**
 * Where tasks are worked on. Between the processes of a run nothing passes but files in the session's folder, so that a job
 * may be one of a scheduler, on another machine that sees the same files.
 */
export interface Launcher<J extends Job = Job> {
  /** Has a job end: `stop` leaves a stage the time to write its checkpoint. Of one that has ended, nothing. */
  cancel(job: J, how: 'stop' | 'kill'): void;
  /** Whether it is at work, or may be. */
  alive(job: J): boolean;
  /** The job that this process is: what a stage that works on a task calls itself, whoever started it. */
  own(): J;
}

/** One that is asked for jobs, which outlive who submitted them. On this machine, Nx starts them. */
export interface Scheduler extends Launcher<SlurmJob> {
  /** Starts a command. Resolves once it is under way; rejects where it cannot be started. */
  submit(command: Command): Promise<SlurmJob>;
  /**
   * Waits for the end of a job.
   *
   * @param log as of its command
   * @param tell takes a line when something changes
   * @param signal ends the waiting, not the job
   */
  wait(job: SlurmJob, log: string, tell: (line: string) => void, signal?: AbortSignal): Promise<Ended>;
  /** The job with a name that is not over, where there is one. */
  find(name: string): SlurmJob | undefined;
}
