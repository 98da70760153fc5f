import { writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { UserError } from '@simclr/stage';
import { joinMpi, type Mpi } from '../mpi/mpi.ts';
import { type RankMessage, writeMessage } from './messages.ts';

/** What a rank's work gets. */
export interface RankContext {
  ranks: Mpi;
  /** What `runRanks` was given. */
  input: unknown;
  /** Tells `runRanks` something; of other ranks than 0 nothing is heard. */
  say(value: unknown): void;
  /** Aborted on SIGTERM, and on rank 0 when `runRanks` says stop or is gone. Ranks see it at different times: they agree, by `stopAgreed`. */
  signal: AbortSignal;
}

/** Errors that all ranks throw together: the job ends without a death. */
const AGREED = 'Interrupted';
const LONGEST = 3000;

/** Runs a rank's work and ends the process: what a module does that `runRanks` starts. */
export async function rankMain(expected: (input: unknown) => number, work: (context: RankContext) => Promise<unknown>) {
  const input: unknown = JSON.parse(process.argv.at(-1)!);
  const tell = (message: RankMessage) =>
    new Promise<void>((resolve) => void process.stdout.write(writeMessage(message), () => resolve()));
  // Of a launcher that is gone: nobody hears, and the work is brought to its checkpoint all the same.
  process.stdout.on('error', () => {});
  let ranks: Mpi | undefined;
  let done = false;
  try {
    ranks = joinMpi();
    const { rank, size, library } = ranks;
    process.once('exit', (code) => {
      // Whatever it was that ended this process, and no launcher needs to tell who.
      const message = `it ended with code ${code} in the middle of its work`;
      if (!done) writeSync(1, writeMessage({ kind: 'error', rank, name: 'Error', message }));
    });
    await tell({ kind: 'started', rank, pid: process.pid, host: hostname() });
    if (size !== expected(input))
      throw new UserError(
        `mpirun and mpi differ: ${expected(input)} ranks were started, and ${library.name} sees ${size}. name the library of that ` +
          'mpirun: MPI_LIB=/path/to/libmpi.so.40; or the mpirun of that library: MPIRUN=/path/to/mpirun',
      );
    const abort = new AbortController();
    process.on('SIGTERM', () => abort.abort());
    if (rank === 0) process.stdin.on('end', () => abort.abort()).resume();
    const say = (value: unknown) => rank === 0 && void tell({ kind: 'said', value });
    const value = await work({ ranks, input, say, signal: abort.signal });
    ranks.finalize();
    done = true;
    if (rank === 0) await tell({ kind: 'result', value });
    process.exit(0);
  } catch (error) {
    done = true;
    const { name, message, stack } = error as Error;
    const words = error instanceof UserError || name === AGREED ? message : (stack ?? message);
    const rank = ranks?.rank ?? Number(process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK ?? 0);
    await tell({ kind: 'error', rank, name, message: words.slice(0, LONGEST) });
    if (name === AGREED) {
      ranks?.finalize();
      process.exit(0);
    }
    ranks?.abort(1);
    process.exit(1);
  }
}
