import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UserError } from '@simclr/stage';
import koffi, { type LibraryHandle } from 'koffi';
import type { Mpi } from '../mpi/mpi.ts';

const SOURCE = fileURLToPath(new URL('ops.cc', import.meta.url));
const REPOSITORY = fileURLToPath(new URL('../../../..', import.meta.url));
const CACHE = join(REPOSITORY, '.cache/collective');

/** Where the set-up put libtensorflow and its headers: beside the add-on that it compiled (tools/bootstrap/src/tensorflow.mjs). */
function tensorflowFolder(): string {
  const tfjs = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json'));
  const addon = join(tfjs, process.env.TFJS_DEVICE === 'gpu' ? 'lib/napi-v8-gpu' : 'lib/napi-v8', 'tfjs_binding.node');
  if (!existsSync(addon)) throw new UserError(`no libtensorflow: ${addon} is missing. set it up: npm run setup`);
  return join(dirname(realpathSync(addon)), '../../deps');
}

/** Builds the library of the ops (a second; kept in .cache), for ranks that start after this. */
export function buildOps(): string {
  const tensorflow = tensorflowFolder();
  const framework = ['libtensorflow_framework.so.2', 'libtensorflow_framework.2.dylib']
    .map((name) => join(tensorflow, 'lib', name))
    .find((path) => existsSync(path));
  if (!framework) throw new UserError(`no libtensorflow: nothing in ${tensorflow}/lib. set it up: npm run setup`);
  const key = createHash('sha256').update(readFileSync(SOURCE)).update(realpathSync(framework)).digest('hex');
  const path = join(CACHE, `ops-${key.slice(0, 32)}.so`);
  if (existsSync(path)) return path;
  mkdirSync(CACHE, { recursive: true });
  const made = `${path}.${process.pid}`;
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-w', `-I${tensorflow}/include`];
  const link = [framework, `-Wl,-rpath,${dirname(framework)}`];
  const compilers = [process.env.CXX, 'g++', 'clang++'].filter((name) => name !== undefined);
  for (const compiler of compilers) {
    const { error, status, stderr } = spawnSync(compiler, [...flags, SOURCE, '-o', made, ...link], {
      encoding: 'utf8',
    });
    if (error) continue;
    if (status !== 0) throw new Error(`${compiler} cannot compile ${SOURCE}: ${stderr.trim()}`);
    renameSync(made, path);
    return path;
  }
  throw new UserError(
    `no c++ compiler: tried ${compilers.join(', ')}. apt-get install g++, or name one: CXX=/path/to/g++`,
  );
}

/** Kept: koffi closes a library that nobody holds, and TensorFlow goes on calling it. */
let ops: LibraryHandle | undefined;

/**
 * Connects the collective ops of compiled graphs (`@simclr/tensorflow`: allReduceSum, allGatherRows) to the ranks. After
 * TensorFlow was loaded, and before such a graph is.
 */
export function connectTensorFlow({ library, size }: Pick<Mpi, 'library' | 'size'>): void {
  ops ??= koffi.load(buildOps());
  const connect = ops.func('int collective_connect(void*, void*, void*, void*, void*, void*, void*, int)');
  const { address, handle, inPlace } = library;
  const functions = [address.MPI_Allreduce, address.MPI_Allgather, address.MPI_Reduce_scatter_block];
  if (!connect(...functions, handle.world, handle.float32, handle.sum, inPlace, size))
    throw new Error('tensorflow refuses the collective ops');
}
