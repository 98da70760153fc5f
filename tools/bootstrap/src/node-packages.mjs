import { existsSync, readFileSync } from 'node:fs';
import { command } from './command.mjs';
import { ROOT } from './paths.mjs';
import { keyOf, step } from './step.mjs';

/** The pinned Node that everything of ours runs in. */
export const NODE = `${ROOT}/node_modules/.bin/node`;

/** npm packages by the lock file, and in them the pinned Node, of which alone the install script is run. */
export async function nodePackages() {
  const key = keyOf(
    readFileSync(`${ROOT}/package-lock.json`),
    readFileSync(`${ROOT}/.npmrc`),
    process.platform,
    process.arch,
  );
  return step({
    name: 'node-packages',
    title: 'npm packages, pinned node',
    key,
    whole: () => existsSync(NODE) && existsSync(`${ROOT}/node_modules/.package-lock.json`),
    async run() {
      await command('npm', ['ci', '--no-audit', '--no-fund']);
      await command('npm', ['rebuild', 'node', '--ignore-scripts=false']);
      await command(NODE, ['--version']);
    },
  });
}
