import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { PYTHON_FOLDER } from './paths.mjs';
import { pip } from './pip.mjs';
import { keyOf, step } from './step.mjs';
import { DEVICE, FOLDER } from './tensorflow.mjs';

const REQUIREMENTS = `${PYTHON_FOLDER}/requirements-cuda.txt`;

/**
 * CUDA's libraries, for a GPU. libtensorflow loads them when it starts, from `$ORIGIN/../../nvidia/<name>/lib` by its own
 * RUNPATH; `$ORIGIN` is `deps/lib`, so they lie beside `deps`, in the folders that their wheels have. Of the system it
 * needs the driver (libcuda.so.1) alone.
 */
export async function cudaLibraries() {
  if (DEVICE !== 'gpu') return false;
  const folder = `${FOLDER}/nvidia`;
  return step({
    name: 'cuda-libraries',
    title: 'cuda libraries',
    key: keyOf(readFileSync(REQUIREMENTS)),
    whole: () => existsSync(folder),
    async run() {
      const work = `${FOLDER}/cuda.tmp`;
      rmSync(work, { recursive: true, force: true });
      mkdirSync(`${work}/tmp`, { recursive: true });
      // Gigabytes: not for a /tmp that is kept in memory.
      const env = { TMPDIR: `${work}/tmp` };
      const args = ['--no-deps', '--require-hashes', '--only-binary=:all:', '--no-cache-dir', '--no-compile'];
      const target = ['--target', `${work}/packages`, '-r', REQUIREMENTS];
      await pip(['install', ...args, ...target], { env });
      rmSync(folder, { recursive: true, force: true });
      renameSync(`${work}/packages/nvidia`, folder);
      rmSync(work, { recursive: true });
    },
  });
}
