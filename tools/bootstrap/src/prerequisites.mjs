import { spawnSync } from 'node:child_process';
import { SetupError } from './command.mjs';

/** @param {string} name @param {string[]} args */
function works(name, args) {
  return spawnSync(name, args, { stdio: 'ignore' }).status === 0;
}

/** The compiler to build the add-on with: CXX, else g++, else clang++. */
export const compiler = () =>
  [process.env.CXX, 'g++', 'clang++'].filter(Boolean).find((name) => works(String(name), ['--version']));

/** The newest Python that will do. */
export const python = () =>
  ['python3', 'python3.13', 'python3.12', 'python3.11'].find((name) =>
    works(name, ['-c', 'import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 11) else 1)']),
  );

let checked = false;

/**
 * Throws SetupError for the first thing that is missing, with how to get it. Looks once, and only where there is a step to
 * do: starting every program to ask its version takes longer than all else where all is done.
 */
export function checkPrerequisites() {
  if (checked) return;
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20)
    throw missing(`node 20 or newer (this is ${process.versions.node})`, 'a package of your system, or nvm install 24');
  if (!works('npm', ['--version'])) throw missing('npm', 'it comes with node; apt-get install npm');
  if (!python())
    throw missing('python 3.11 or newer with venv', 'apt-get install python3 python3-venv, or brew install python');
  if (!compiler()) throw missing('c++17 compiler (g++ or clang++)', 'apt-get install g++, or xcode-select --install');
  checked = true;
}

/** @param {string} what @param {string} how */
const missing = (what, how) => new SetupError(`missing prerequisite: ${what}. get it: ${how}`);
