import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { UserError } from '@simclr/stage';

/** A program with its arguments, and what its environment has besides ours. */
export interface LaunchCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
  /** Cores of each rank. */
  coresEach: number;
}

/**
 * How so many ranks are started: by mpirun on this machine, which gives each its share of the cores; in an allocation of
 * Slurm's that has a task for each, by srun on its nodes; or as `MPIRUN` says, up to the number of ranks (`mpirun --hostfile
 * hosts`). Each of the latter has as many cores as this process.
 *
 * @param cores of this machine that the job may use
 * @param all of this machine: where others use some of them, ranks are not bound, since mpirun always binds to the first
 * @param version what `mpirun --version` says; undefined where there is none
 * @throws UserError where there is no mpirun
 */
export function launchCommand(
  ranks: number,
  cores: number,
  all: number = availableParallelism(),
  env: NodeJS.ProcessEnv = process.env,
  version: string | undefined = mpirunVersion(env),
): LaunchCommand {
  const own = (env.MPIRUN || inAllocation(ranks, cores, env))?.trim().split(/\s+/);
  if (own?.[0]) return { command: own[0], args: [...own.slice(1), '-n', String(ranks)], env: {}, coresEach: cores };
  if (version === undefined)
    throw new UserError(
      `no mpirun: ${ranks} ranks need an mpi. install one (apt-get install openmpi-bin, or brew install open-mpi), or say how ` +
        "ranks are started: MPIRUN='srun --mpi=pmix --kill-on-bad-exit'",
    );
  const coresEach = Math.max(1, Math.floor(cores / ranks));
  const share = { SIMCLR_CORES: String(coresEach) };
  if (!version.includes('Open MPI')) return { command: 'mpirun', args: ['-n', String(ranks)], env: share, coresEach };
  // It refuses root, which is who one is in a container.
  const root: Record<string, string> =
    process.getuid?.() === 0 ? { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' } : {};
  const bound = cores >= all && cores >= ranks;
  // Cores are counted as Node counts them, hardware threads: by itself it counts what has several as one.
  const binding = bound
    ? ['--use-hwthread-cpus', '--map-by', `slot:PE=${coresEach}`, '--bind-to', 'hwthread']
    : ['--oversubscribe', '--bind-to', 'none'];
  return {
    command: 'mpirun',
    args: [...binding, '-n', String(ranks)],
    env: { ...root, ...share },
    coresEach,
  };
}

/** srun gives a task one core unless it is told. */
function inAllocation(ranks: number, cores: number, { SLURM_JOB_ID, SLURM_NTASKS }: NodeJS.ProcessEnv) {
  if (!SLURM_JOB_ID || !(Number(SLURM_NTASKS) >= ranks)) return undefined;
  return `srun --mpi=pmix --kill-on-bad-exit --cpus-per-task=${cores}`;
}

function mpirunVersion(env: NodeJS.ProcessEnv): string | undefined {
  const { error, stdout } = spawnSync('mpirun', ['--version'], { encoding: 'utf8', env });
  return error ? undefined : stdout;
}
