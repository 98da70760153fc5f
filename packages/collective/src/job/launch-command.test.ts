import { expect, it } from 'vitest';
import { candidates, loadMpi } from '../mpi/library.ts';
import { launchCommand } from './launch-command.ts';

const openMpi = 'mpirun (Open MPI) 4.1.4';

it('gives each rank its share of the cores', () => {
  expect(launchCommand(2, 9, {}, openMpi).args).toEqual(['--map-by', 'slot:PE=4', '--bind-to', 'core', '-n', '2']);
  const { args, env } = launchCommand(4, 2, {}, openMpi);
  expect(args).toEqual(['--oversubscribe', '--bind-to', 'none', '-n', '4']);
  expect(env).toMatchObject({ TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' });
  expect(launchCommand(2, 8, {}, 'HYDRA build details').env).toMatchObject({ TF_NUM_INTRAOP_THREADS: '4' });
});

it('starts them as MPIRUN says', () => {
  const { command, args } = launchCommand(8, 2, { MPIRUN: 'srun --mpi=pmix' }, undefined);
  expect([command, ...args]).toEqual(['srun', '--mpi=pmix', '-n', '8']);
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
