// DVC takes a checkout without git, an unpacked zip or a copy in a container, only where its configuration says so.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { command } from './command.mjs';

/** The git folder that `entry`, a folder or a file that names one, stands for; it may be away, as a worktree's in a copy. @param {string} entry */
function gitFolder(entry) {
  if (statSync(entry).isDirectory()) return entry;
  const named = /^gitdir: (.*)$/m.exec(readFileSync(entry, 'utf8'))?.[1];
  return resolve(dirname(entry), named ?? '.');
}

/** Whether `root` is in a git repository, with or without the program git. @param {string} root */
function inGit(root) {
  for (let at = root; ; at = dirname(at)) {
    const entry = join(at, '.git');
    if (existsSync(entry)) return existsSync(join(gitFolder(entry), 'HEAD'));
    if (dirname(at) === at) return false;
  }
}

/**
 * Sets DVC's `core.no_scm` in the checkout's own configuration (.dvc/config.local) where there is no git, and takes it away
 * where there is one again. Looks at files only, unless something is to be changed.
 *
 * @param {string} root
 */
export async function dvcFollowsGit(root) {
  const file = join(root, '.dvc/config.local');
  const without = existsSync(file) && /^\s*no_scm\s*=\s*true/im.test(readFileSync(file, 'utf8'));
  if (without !== inGit(root)) return;
  const change = without ? ['--unset', 'core.no_scm'] : ['core.no_scm', 'true'];
  await command(join(root, '.venv/bin/dvc'), ['config', '--local', ...change], { cwd: root });
}
