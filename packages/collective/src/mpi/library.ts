import { UserError } from '@simclr/stage';
import koffi, { type LibraryHandle } from 'koffi';

export type ForeignFunction = ReturnType<LibraryHandle['func']>;

/** MPI's functions and handles as this library has them. Handles are passed as pointers. */
export interface MpiLibrary {
  /** File that was loaded. */
  name: string;
  /** Held here: koffi closes a library that nobody holds. */
  file: LibraryHandle;
  abi: 'Open MPI' | 'MPI standard';
  call: Record<(typeof FUNCTIONS)[number], ForeignFunction>;
  /** Addresses of the functions that ops of a graph call. */
  address: Record<'MPI_Allreduce' | 'MPI_Allgather' | 'MPI_Reduce_scatter_block', unknown>;
  handle: Record<'world' | 'float32' | 'int32' | 'sum', unknown>;
  /** MPI_IN_PLACE, which is 1 in both. */
  inPlace: unknown;
  /** MPI_THREAD_SERIALIZED and MPI_THREAD_MULTIPLE. */
  threads: { serialized: number; multiple: number };
}

const FUNCTIONS = [
  'MPI_Init_thread',
  'MPI_Finalize',
  'MPI_Abort',
  'MPI_Comm_rank',
  'MPI_Comm_size',
  'MPI_Allreduce',
  'MPI_Allgather',
  'MPI_Bcast',
  'MPI_Barrier',
] as const;

const SIGNATURES: Record<(typeof FUNCTIONS)[number], string> = {
  MPI_Init_thread: 'int MPI_Init_thread(void*, void*, int, _Out_ int*)',
  MPI_Finalize: 'int MPI_Finalize()',
  MPI_Abort: 'int MPI_Abort(void*, int)',
  MPI_Comm_rank: 'int MPI_Comm_rank(void*, _Out_ int*)',
  MPI_Comm_size: 'int MPI_Comm_size(void*, _Out_ int*)',
  MPI_Allreduce: 'int MPI_Allreduce(void*, void*, int, void*, void*, void*)',
  MPI_Allgather: 'int MPI_Allgather(void*, int, void*, void*, int, void*, void*)',
  MPI_Bcast: 'int MPI_Bcast(void*, int, void*, int, void*)',
  MPI_Barrier: 'int MPI_Barrier(void*)',
};

const OPEN_MPI = ['libmpi.so.40', 'libmpi.40.dylib'];
/** The library that MPI 5.0 names for its standard ABI (chapter 20): of MPICH 5, Open MPI 6 and others. */
const STANDARD = ['libmpi_abi.so.0', 'libmpi_abi.so.1', 'libmpi_abi.0.dylib'];

/** Handles of the standard ABI: constants (MPI 5.0, appendix A). */
const STANDARD_HANDLES = { world: 0x101n, float32: 0x210n, int32: 0x209n, sum: 0x21n };
const OPEN_MPI_SYMBOLS = {
  world: 'ompi_mpi_comm_world',
  float32: 'ompi_mpi_float',
  int32: 'ompi_mpi_int',
  sum: 'ompi_mpi_op_sum',
};

/** What to look for, best first: `MPI_LIB` alone; else the library of the program that started this process. */
export function candidates(env: NodeJS.ProcessEnv): string[] {
  if (env.MPI_LIB) return [env.MPI_LIB];
  return 'OMPI_COMM_WORLD_SIZE' in env || !('PMI_SIZE' in env)
    ? [...OPEN_MPI, ...STANDARD]
    : [...STANDARD, ...OPEN_MPI];
}

function tryLoad(name: string): LibraryHandle | undefined {
  try {
    // For all: Open MPI 4 loads components of its own that look for its symbols.
    return koffi.load(name, { global: true });
  } catch {
    return undefined;
  }
}

/**
 * Finds the machine's MPI.
 * @throws UserError where there is none, or one of neither ABI
 */
export function loadMpi(env = process.env): MpiLibrary {
  const names = candidates(env);
  for (const name of names) {
    const library = tryLoad(name);
    if (library) return bind(library, name);
  }
  throw new UserError(
    `no mpi: found none of ${names.join(', ')}. install one (apt-get install openmpi-bin, or brew install open-mpi), ` +
      'or name it: MPI_LIB=/path/to/libmpi.so.40',
  );
}

const has = (library: LibraryHandle, symbol: string): boolean => {
  try {
    return Boolean(library.symbol(symbol));
  } catch {
    return false;
  }
};

function bind(library: LibraryHandle, name: string): MpiLibrary {
  const isOpenMpi = has(library, OPEN_MPI_SYMBOLS.world);
  if (!isOpenMpi && !has(library, 'MPI_Abi_get_version'))
    throw new UserError(
      `unsupported mpi: ${name} has an abi of its own. expected Open MPI's (libmpi.so.40) or the standard one (libmpi_abi.so)`,
    );
  const call = Object.fromEntries(FUNCTIONS.map((each) => [each, library.func(SIGNATURES[each])]));
  const handles = Object.entries(OPEN_MPI_SYMBOLS).map(([key, symbol]) => [key, isOpenMpi && library.symbol(symbol)]);
  return {
    name,
    file: library,
    abi: isOpenMpi ? 'Open MPI' : 'MPI standard',
    call: call as MpiLibrary['call'],
    address: {
      MPI_Allreduce: library.symbol('MPI_Allreduce'),
      MPI_Allgather: library.symbol('MPI_Allgather'),
      MPI_Reduce_scatter_block: library.symbol('MPI_Reduce_scatter_block'),
    },
    handle: isOpenMpi ? Object.fromEntries(handles) : STANDARD_HANDLES,
    inPlace: 1n,
    threads: isOpenMpi ? { serialized: 2, multiple: 3 } : { serialized: 2048, multiple: 4096 },
  };
}
