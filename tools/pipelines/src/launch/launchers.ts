import { UserError } from '@simclr/stage';
import type { Job, Launcher, Scheduler } from './launcher.ts';
import { localLauncher } from './local-launcher.ts';
import { slurmLauncher, thisCopy } from './slurm-launcher.ts';

/** What `LAUNCHER` names; undefined where stages run on this machine. */
export function scheduler(): Scheduler | undefined {
  const { LAUNCHER: name = 'local' } = process.env;
  if (name === 'slurm') return slurmLauncher;
  if (name === 'local' || name === '') return undefined;
  throw new UserError(`unknown launcher: LAUNCHER=${name}. local or slurm`);
}

const launcherOf = (job: Job): Launcher => ('slurm' in job ? slurmLauncher : localLauncher) as Launcher;

/** Whichever a job belongs to. */
export const launcher: Pick<Launcher, 'cancel' | 'alive' | 'own'> = {
  cancel: (job, how) => launcherOf(job).cancel(job, how),
  alive: (job) => launcherOf(job).alive(job),
  own: () => (thisCopy() ? slurmLauncher : localLauncher).own(),
};

/** A job as people and their tools call it. */
export const nameOf = (job: Job): string => ('slurm' in job ? `job ${job.slurm} of slurm` : `process ${job.pid}`);
