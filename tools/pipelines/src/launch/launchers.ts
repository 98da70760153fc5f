import { UserError } from '@simclr/stage';
import { kubernetesLauncher } from './kubernetes-launcher.ts';
import { type Container, isScheduled, type Job, type Launcher, type Scheduler } from './launcher.ts';
import { localLauncher } from './local-launcher.ts';
import { slurmLauncher } from './slurm-launcher.ts';

const SCHEDULERS = { slurm: slurmLauncher, kubernetes: kubernetesLauncher };

/** What `LAUNCHER` names; undefined where stages run on this machine. */
export function scheduler(): Scheduler | undefined {
  const { LAUNCHER: name = '' } = process.env;
  if (name === 'local' || name === '') return undefined;
  if (Object.hasOwn(SCHEDULERS, name)) return SCHEDULERS[name as keyof typeof SCHEDULERS];
  throw new UserError(`unknown launcher: LAUNCHER=${name}. local, slurm or kubernetes`);
}

/** @throws UserError one line, where the pipeline does not say what its scheduler has to know */
export function requireContainer(container: Container | undefined, file: string): void {
  if (scheduler() !== kubernetesLauncher || container) return;
  throw new UserError(`no image: LAUNCHER=kubernetes needs kubernetes: { image, volumeClaim }. add it to ${file}`);
}

const launcherOf = (job: Job): Launcher => (isScheduled(job) ? SCHEDULERS[job.scheduler] : localLauncher) as Launcher;

/** Whichever a job belongs to. */
export const launcher: Pick<Launcher, 'cancel' | 'alive'> = {
  cancel: (job, how) => launcherOf(job).cancel(job, how),
  alive: (job) => launcherOf(job).alive(job),
};

/** A job as people and their tools call it. */
export const nameOf = (job: Job): string =>
  isScheduled(job) ? `job ${job.id} of ${job.scheduler}` : `process ${job.pid}`;
