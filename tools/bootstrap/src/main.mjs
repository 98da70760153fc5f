// Sets up a fresh machine, then runs what it is given in the pinned Node:
//   node tools/bootstrap/src/main.mjs [--test] [script arguments…]
// Needs Node's own modules only. Every step is skipped when it is done, and a broken one is done again.
import { command, foreground, SetupError } from './command.mjs';
import { cudaLibraries } from './cuda.mjs';
import { dvcFollowsGit } from './dvc-without-git.mjs';
import { adoptEnvironment } from './environment.mjs';
import { NODE, nodePackages } from './node-packages.mjs';
import { ROOT, VENV } from './paths.mjs';
import { pythonEnvironment, pythonTools, testPackages } from './python-tools.mjs';
import { ADDON, addon, DEVICE, libtensorflow } from './tensorflow.mjs';

/** Codes of a folder that is read-only, someone else's, or full. */
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT']);

/** @param {boolean} forTests */
async function setUp(forTests) {
  const python = async () => {
    const made = await pythonEnvironment();
    // The download waits for the network, the installers for the disk.
    const [tools, library] = await Promise.all([
      (async () => [await pythonTools(), forTests && (await testPackages())].some(Boolean))(),
      (async () => [await libtensorflow(), await cudaLibraries()].some(Boolean))(),
    ]);
    return made || tools || library;
  };
  const done = await Promise.all([nodePackages(), python()]);
  if (await addon()) done.push(true);
  await dvcFollowsGit(ROOT);
  return done.some(Boolean);
}

const [first, ...rest] = process.argv.slice(2);
const forTests = first === '--test';
const script = forTests ? rest : process.argv.slice(2);
const started = performance.now();
adoptEnvironment(ROOT);
try {
  const worked = await setUp(forTests);
  // Standard output is the script's, which a program may read.
  if (worked) {
    const usesGpu = await command(NODE, ['-p', 'require(process.argv[1]).isUsingGpuDevice()', ADDON]);
    if (DEVICE === 'gpu' && usesGpu.trim() !== 'true')
      console.error('set-up: tensorflow loads, and finds no gpu. what to check: docs/gpu.md');
    console.error(`set-up: done in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  }
  if (script.length > 0) {
    const PATH = `${ROOT}/node_modules/.bin:${VENV}/bin:${process.env.PATH}`;
    // What is stripped of types and compiled once: the first file of a program finds it only there.
    const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? `${ROOT}/.cache/compiled`;
    process.exitCode = await foreground(NODE, script, { PATH, NODE_COMPILE_CACHE });
  } else if (!worked) console.log(`set-up: all done (${Math.round(performance.now() - started)} ms)`);
} catch (error) {
  const { code, path } = error;
  if (error instanceof SetupError) console.error(error.message);
  else if (UNWRITABLE.has(code))
    console.error(`cannot write: ${path ?? ROOT} (${code}). run as its owner, or in a copy of the checkout`);
  else throw error;
  process.exitCode = 1;
}
