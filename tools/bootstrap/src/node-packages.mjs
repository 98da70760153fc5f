import { existsSync, readFileSync } from 'node:fs';
import { command } from './command.mjs';
import { readLockFile } from './lock-file.mjs';
import { ROOT } from './paths.mjs';
import { keyOf, step } from './step.mjs';

/** The pinned Node that everything of ours runs in. */
export const NODE = `${ROOT}/node_modules/.bin/node`;

/** The packages of the lock file, all of them and where we look for them, whatever a user's npm is set to do. */
const FLAGS = [
  '--include=dev',
  '--include=optional',
  '--include=peer',
  '--global=false',
  '--bin-links=true',
  '--package-lock=true',
  '--dry-run=false',
  '--engine-strict=false',
  '--legacy-peer-deps=false',
  '--install-strategy=hoisted',
  '--no-audit',
  '--no-fund',
];

/** npm packages by the lock file, and in them the pinned Node, of which alone the install script is run. */
export async function nodePackages() {
  const { fetched, links } = readLockFile(readFileSync(`${ROOT}/package-lock.json`, 'utf8'));
  const key = keyOf(fetched, readFileSync(`${ROOT}/.npmrc`), process.platform, process.arch);
  const made = ['node_modules/.package-lock.json', ...links].map((path) => `${ROOT}/${path}`);
  return step({
    name: 'node-packages',
    title: 'npm packages, pinned node',
    key,
    whole: () => [NODE, ...made].every((path) => existsSync(path)),
    async run() {
      await command('npm', ['ci', ...FLAGS, '--ignore-scripts']);
      await command('npm', ['rebuild', 'node', ...FLAGS, '--ignore-scripts=false']);
      await command(NODE, ['--version']);
    },
  });
}
