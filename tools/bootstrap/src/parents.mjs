import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const EVERY_MS = 1000;

/**
 * @param {number} pid
 * @returns {{ parent: number, command: string } | undefined} undefined where there is no such process
 */
function describe(pid) {
  try {
    if (existsSync('/proc/self/stat')) {
      // proc(5): the fields behind the name in parentheses are state and parent.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return { parent, command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') };
    }
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const line = execFileSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], /** @type {any} */ (options));
    const [, parent, command = ''] = /^\s*(\d+)\s+(.*)/.exec(String(line)) ?? [];
    return { parent: Number(parent), command };
  } catch {
    return undefined;
  }
}

/**
 * Whether those who started this process are gone, so that it works for nobody: npm with the shell that it starts, or
 * main.mjs. npm hands a signal to its shell alone, which dies of it or not; what runs below learns of neither. A process
 * that a person started without npm may outlive them, as any other. Taken down at once: later a parent may be gone already.
 */
const parentsGone = (() => {
  const parent = process.ppid;
  const started = describe(parent);
  const byNpm = process.env.npm_lifecycle_event !== undefined;
  if (!byNpm && !started?.command.includes('tools/bootstrap/src/main.mjs')) return () => false;
  // Most shells stay between npm and the command, some are replaced by it.
  const inShell = byNpm && /^\S*sh -c /.test(started?.command ?? '');
  return () => process.ppid !== parent || (inShell && describe(parent)?.parent !== started?.parent);
})();

/**
 * Calls back once those who started this process are gone, within a second or two. Returns a function that undoes it.
 *
 * @param {() => void} callback
 * @returns {() => void}
 */
export function onParentsGone(callback) {
  const timer = setInterval(() => {
    if (!parentsGone()) return;
    clearInterval(timer);
    callback();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
