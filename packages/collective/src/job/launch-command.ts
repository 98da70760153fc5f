import { spawnSync } from 'node:child_process';
import { UserError } from '@simclr/stage';

/** A program with its arguments, and what its environment has besides ours. */
export interface LaunchCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
}

/**
 * How so many ranks are started: by mpirun on this machine, which gives each its share of the cores; or as `MPIRUN` says,
 * up to the number of ranks (`mpirun --hostfile hosts`, `srun --mpi=pmix --kill-on-bad-exit`).
 *
 * @param cores of this machine
 * @param version what `mpirun --version` says; undefined where there is none
 * @throws UserError where there is no mpirun
 */
export function launchCommand(
  ranks: number,
  cores: number,
  env: NodeJS.ProcessEnv = process.env,
  version: string | undefined = mpirunVersion(),
): LaunchCommand {
  const own = env.MPIRUN?.trim().split(/\s+/);
  if (own?.[0]) return { command: own[0], args: [...own.slice(1), '-n', String(ranks)], env: {} };
  if (version === undefined)
    throw new UserError(
      `no mpirun: ${ranks} ranks need an mpi. install one (apt-get install openmpi-bin, or brew install open-mpi), or say how ` +
        "ranks are started: MPIRUN='srun --mpi=pmix --kill-on-bad-exit'",
    );
  const share = Math.floor(cores / ranks);
  // A rank takes the cores that it is bound to for its own; unbound ones are told their share.
  const threads = String(Math.max(1, share));
  const unbound = { TF_NUM_INTRAOP_THREADS: threads, TF_NUM_INTEROP_THREADS: threads };
  if (!version.includes('Open MPI')) return { command: 'mpirun', args: ['-n', String(ranks)], env: unbound };
  // It refuses root, which is who one is in a container.
  const root: Record<string, string> =
    process.getuid?.() === 0 ? { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' } : {};
  const binding =
    share > 0 ? ['--map-by', `slot:PE=${share}`, '--bind-to', 'core'] : ['--oversubscribe', '--bind-to', 'none'];
  return {
    command: 'mpirun',
    args: [...binding, '-n', String(ranks)],
    env: share > 0 ? root : { ...root, ...unbound },
  };
}

function mpirunVersion(): string | undefined {
  const { error, stdout } = spawnSync('mpirun', ['--version'], { encoding: 'utf8' });
  return error ? undefined : stdout;
}
