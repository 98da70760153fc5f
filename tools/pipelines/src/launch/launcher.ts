import type { Resources } from './capacity.ts';
import type { ProcessId } from './process-id.ts';

/** What brings a task up to date: a program that ends when the task has its result. */
export interface Command {
  program: string;
  args: readonly string[];
  /** Variables that it has besides those of this process. */
  env: Readonly<Record<string, string>>;
}

/** What a pipeline's stages are put into by a scheduler of containers. */
export interface Container {
  /** In which programs of this machine run: with its libraries, and a shell. */
  image: string;
  /** Of the volume with the checkout, by the name of the claim to it. */
  volumeClaim: string;
}

/** Commands that ask for the same: items of one stage that are due together, or one. */
export interface Batch {
  /** Like no other's: a scheduler's list of jobs shows it. */
  name: string;
  cwd: string;
  /** What a scheduler sets aside for each. */
  resources: Resources;
  /** Ranks that each starts, each of which has that; 1 by default. */
  ranks?: number;
  commands: readonly Command[];
  /** Where a scheduler of containers has them. */
  container?: Container | undefined;
  /** The files to which a scheduler appends what they print begin so, see {@link logOf}. */
  log: string;
}

/** The file to which a scheduler appends what the command of a batch with this index prints. */
export const logOf = (log: string, index: number | string): string => `${log}.${index}.txt`;

/** A scheduler's job, by the name that it has there; there under the same one when it was started anew. */
export interface ScheduledJob {
  scheduler: 'slurm' | 'kubernetes';
  id: string;
}

/** What is at work on a task. Plain data: it is written into the session, where other processes find it. */
export type Job = ProcessId | ScheduledJob;

export const isScheduled = (job: Job): job is ScheduledJob => 'scheduler' in job;

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
  cancel(job: J, how: 'stop' | 'kill'): Promise<void>;
  /** Whether it is at work, or may be. */
  alive(job: J): Promise<boolean>;
}

/** One that is asked for jobs, which outlive who submitted them. On this machine, Nx starts them. */
export interface Scheduler extends Launcher<ScheduledJob> {
  /** Starts commands, each a job. Resolves once they are under way; rejects where they cannot be started. */
  submit(batch: Batch): Promise<ScheduledJob[]>;
  /**
   * Waits for the end of a job.
   *
   * @param log the file to which it appends what it prints
   * @param tell takes a line when something changes
   * @param signal ends the waiting, not the job
   */
  wait(job: ScheduledJob, log: string, tell: (line: string) => void, signal?: AbortSignal): Promise<Ended>;
  /** The job of a batch, by its name there, and of which command; undefined where it is over, or never was. */
  find(name: string, index: number): Promise<ScheduledJob | undefined>;
}
