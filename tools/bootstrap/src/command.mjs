import { spawn } from 'node:child_process';
import { onParentsGone } from './parents.mjs';
import { ROOT } from './paths.mjs';

/** An error of which the message is all that the user needs. */
export class SetupError extends Error {}

/**
 * Runs a command quietly and gives what it wrote to standard output; on failure throws its last lines.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} [options]
 * @returns {Promise<string>}
 */
export function command(name, args, { cwd = ROOT, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let rest = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      rest += chunk;
    });
    child.on('error', ({ code }) => reject(new SetupError(`cannot start: ${name} (${code})`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const lines = `${out}\n${rest}`.trim().split('\n').slice(-8).join('\n');
      reject(
        new SetupError(
          `${name} ${args.slice(0, 3).join(' ')} ended with ${signal ?? code}:\n${lines}\nrun it again: what is done is kept`,
        ),
      );
    });
  });
}

/**
 * Runs a command in the foreground and gives its exit code. A signal to stop goes to it as well, as does SIGTERM when those
 * who started us are gone; it decides when to end.
 *
 * @param {string} name
 * @param {string[]} args
 * @param {Record<string, string | undefined>} [env]
 * @param {import('node:child_process').StdioOptions} [stdio]
 * @returns {Promise<number>}
 */
export function foreground(name, args, env, stdio = 'inherit') {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio });
    // A terminal sends SIGINT to the whole group; the others come to this process alone.
    const ignore = () => {};
    const forward = (/** @type {NodeJS.Signals} */ signal) => void child.kill(signal);
    process.on('SIGINT', ignore);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, forward);
    const undo = onParentsGone(() => child.kill('SIGTERM'));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore);
      for (const signal of ['SIGTERM', 'SIGHUP']) process.off(signal, forward);
      undo();
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}
