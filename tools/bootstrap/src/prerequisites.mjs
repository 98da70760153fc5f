import { spawnSync } from 'node:child_process';
import { SetupError } from './command.mjs';

/**
 * @param {string} name
 * @param {string[]} args
 */
function works(name, args) {
  return spawnSync(name, args, { stdio: 'ignore' }).status === 0;
}

/** The compiler to build the add-on with: CXX, else g++, else clang++. */
export const compiler = () =>
  [process.env.CXX, 'g++', 'clang++'].filter(Boolean).find((name) => works(String(name), ['--version']));

/** The Pythons that python/requirements*.txt have hashes for. */
const PYTHONS = ['3.11', '3.12', '3.13', '3.14'];
const VERSION =
  "import sys, sysconfig, venv, ensurepip; free = sysconfig.get_config_var('Py_GIL_DISABLED'); " +
  "print(sys.implementation.name, '%d.%d' % sys.version_info[:2] + ('t' if free else ''))";

/** The version of a Python with venv, as '3.13'; 'pypy 3.11' or '3.14t' (no GIL) of one that wheels are other files for. @param {string} name */
function pythonVersion(name) {
  const { status, stdout } = spawnSync(name, ['-I', '-c', VERSION], { encoding: 'utf8' });
  return status === 0 ? stdout.trim().replace(/^cpython /, '') : undefined;
}

/** Throws SetupError where there is none. The Python to use: that of the variable PYTHON, or the first on the path that will do. */
export function python() {
  const own = process.env.PYTHON;
  const names = own ? [own] : ['python3', ...PYTHONS.toReversed().map((version) => `python${version}`), 'python'];
  const found = names.map((name) => ({ name, version: pythonVersion(name) }));
  const good = found.find(({ version }) => version && PYTHONS.includes(version));
  if (good) return good.name;
  const other = found.find(({ version }) => version);
  const seen = other ? ` (${other.name} is ${other.version})` : own ? ` (${own} is none)` : '';
  throw missing(
    `python ${PYTHONS[0]} to ${PYTHONS.at(-1)} with venv${seen}`,
    'apt-get install python3 python3-venv, or brew install python@3.13; one elsewhere: PYTHON=/path/to/python3.13 npm run setup',
  );
}

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
  python();
  if (!compiler()) throw missing('c++17 compiler (g++ or clang++)', 'apt-get install g++, or xcode-select --install');
  checked = true;
}

/**
 * @param {string} what
 * @param {string} how
 */
const missing = (what, how) => new SetupError(`missing prerequisite: ${what}. get it: ${how}`);
