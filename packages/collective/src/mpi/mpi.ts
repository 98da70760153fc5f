import { promisify } from 'node:util';
import { UserError } from '@simclr/stage';
import type { Collective, Values } from '../collective.ts';
import { type ForeignFunction, loadMpi, type MpiLibrary } from './library.ts';

/** The ranks that mpirun (or srun) started. */
export interface Mpi extends Collective {
  readonly library: MpiLibrary;
  /** Ends this rank's part in the job; all ranks do so at their end, and call nothing after it. */
  finalize(): void;
  /** Ends the job: all ranks are killed, and this process with them. */
  abort(code: number): void;
}

/**
 * Joins the ranks of this job, once a process. A process that no one started as a rank is a job of one. Where MPI finds
 * an error it ends the job (MPI_ERRORS_ARE_FATAL), as it does where a rank dies: no rank waits for one that is gone.
 *
 * @throws UserError where there is no MPI, or it cannot be called from several threads
 */
export function joinMpi(library = loadMpi()): Mpi {
  const { call, handle, threads } = library;
  const provided = [0];
  check('MPI_Init_thread', call.MPI_Init_thread(null, null, threads.multiple, provided));
  // Calls come from this thread's helpers and from TensorFlow's, never two at a time.
  if (provided[0]! < threads.serialized)
    throw new UserError(
      `unsupported mpi: ${library.name} takes calls of one thread alone. expected MPI_THREAD_SERIALIZED`,
    );
  const ask = (name: 'MPI_Comm_rank' | 'MPI_Comm_size'): number => {
    const answer = [0];
    check(name, call[name](handle.world, answer));
    return answer[0]!;
  };
  const [rank, size] = [ask('MPI_Comm_rank'), ask('MPI_Comm_size')];
  const run = async (name: keyof MpiLibrary['call'], ...args: unknown[]) =>
    check(name, await threaded(call[name])(...args));
  const { world, sum } = handle;
  return {
    library,
    rank,
    size,
    async allReduce(values) {
      await run('MPI_Allreduce', library.inPlace, steady(values), values.length, typeOf(handle, values), sum, world);
    },
    async allGather(values) {
      const all = new (values.constructor as new (length: number) => typeof values)(values.length * size);
      const type = typeOf(handle, values);
      await run('MPI_Allgather', steady(values), values.length, type, steady(all), values.length, type, world);
      return all;
    },
    async broadcast(values, root = 0) {
      await run('MPI_Bcast', steady(values), values.length, typeOf(handle, values), root, world);
    },
    barrier: () => run('MPI_Barrier', world),
    finalize: () => check('MPI_Finalize', call.MPI_Finalize()),
    abort: (code) => void call.MPI_Abort(handle.world, code),
  };
}

function check(name: string, code: number): void {
  if (code !== 0) throw new Error(`${name}: error ${code}`);
}

/** In a thread of its own, so that this one's event loop goes on while a rank waits. */
const threaded = (call: ForeignFunction) => promisify(call.async) as (...args: unknown[]) => Promise<number>;

const typeOf = (handle: MpiLibrary['handle'], values: Values) =>
  values instanceof Float32Array ? handle.float32 : handle.int32;

/** V8 keeps small arrays on its heap, where they move, until someone asks for their buffer. */
function steady<V extends Values>(values: V): V {
  void values.buffer;
  return values;
}
