import { expect, it } from 'vitest';
import { candidates, loadMpi } from '../mpi/library.ts';
import { launchCommand } from './launch-command.ts';
import { rankCount } from './rank-count.ts';

const openMpi = 'mpirun (Open MPI) 4.1.4';

it('binds each rank to its share of the cores, where all of them are the job’s', () => {
  const bound = launchCommand(2, 9, 9, {}, openMpi);
  expect(bound.args).toEqual(['--use-hwthread-cpus', '--map-by', 'slot:PE=4', '--bind-to', 'hwthread', '-n', '2']);
  expect(bound).toMatchObject({ coresEach: 4, env: { SIMCLR_CORES: '4' } });
});

it.each([
  ['more ranks than cores', 4, 2, 2, 1],
  ['others have some of the cores', 2, 6, 8, 3],
])('binds none, and says how many cores are theirs: %s', (_, ranks, cores, all, coresEach) => {
  const { args, ...rest } = launchCommand(ranks, cores, all, {}, openMpi);
  expect(args).toEqual(['--oversubscribe', '--bind-to', 'none', '-n', String(ranks)]);
  expect(rest).toMatchObject({ coresEach, env: { SIMCLR_CORES: String(coresEach) } });
  expect(launchCommand(ranks, cores, all, {}, 'HYDRA build details').env).toMatchObject({
    SIMCLR_CORES: String(coresEach),
  });
});

it('starts them as MPIRUN says, each with the cores of a job', () => {
  const { command, args, coresEach } = launchCommand(8, 2, 2, { MPIRUN: 'srun --mpi=pmix' });
  expect([command, ...args, coresEach]).toEqual(['srun', '--mpi=pmix', '-n', '8', 2]);
});

it('has srun start them where Slurm has set aside a task for each, with all cores of one', () => {
  const { command, args, coresEach } = launchCommand(2, 4, 8, { SLURM_JOB_ID: '7', SLURM_NTASKS: '2' });
  const srun = ['srun', '--mpi=pmix', '--kill-on-bad-exit', '--cpus-per-task=4', '-n', '2', 4];
  expect([command, ...args, coresEach]).toEqual(srun);
  expect(launchCommand(2, 4, 8, { SLURM_JOB_ID: '7', SLURM_NTASKS: '1' }, openMpi).command).toBe('mpirun');
});

it('says what to install where there is no mpirun', () => {
  expect(() => launchCommand(2, 2, 2, { PATH: '/nowhere' })).toThrow(
    /^no mpirun: 2 ranks need an mpi\. install one \(apt-get/,
  );
});

it.each([
  [undefined, 1],
  ['', 1],
  ['4', 4],
])('takes the number of ranks from the environment: RANKS=%s', (RANKS, count) => {
  expect(rankCount({ RANKS })).toBe(count);
});

it.each(['0', '-1', '1.5', 'two'])('refuses RANKS=%s', (RANKS) => {
  expect(() => rankCount({ RANKS })).toThrow(`invalid RANKS: ${RANKS}. expected a number of processes: 1, 2, …`);
});

it('says what to install where there is no mpi', () => {
  expect(() => loadMpi({ MPI_LIB: '/nowhere/libmpi.so.40' })).toThrow(
    /^no mpi: found none of \/nowhere\/libmpi\.so\.40\. install one \(apt-get install openmpi-bin/,
  );
});

it('looks first for the library of the program that started it', () => {
  expect(candidates({ OMPI_COMM_WORLD_SIZE: '2' })[0]).toBe('libmpi.so.40');
  expect(candidates({ PMI_SIZE: '2' })[0]).toBe('libmpi_abi.so.0');
});
