import { devNull } from 'node:os';
import { command } from './command.mjs';
import { isPipNetwork } from './environment.mjs';
import { VENV_PYTHON } from './paths.mjs';

/** @type {Promise<Record<string, string>> | undefined} */
let environment;

/**
 * What a user's pip.conf says of mirrors, proxies and certificates, as variables, and of the rest nothing: `user`, `target`,
 * `prefix` or `no-binary` of a pip.conf would put packages elsewhere, or take files that we have no hashes for.
 */
export function pipEnvironment() {
  // `user = yes` would have this command, too, look at the user's file alone.
  const all = { PIP_USER: '0', PIP_GLOBAL: '0', PIP_SITE: '0' };
  environment ??= command(VENV_PYTHON, ['-m', 'pip', 'config', 'list'], { env: all }).then((listed) => {
    /** @type {Record<string, string>} */
    const found = {};
    for (const line of listed.split('\n')) {
      // global.extra-index-url='https://one https://two', as Python writes a string
      const [, section, name, value] = /^([^.]+)\.([\w-]+)=['"](.*)['"]$/.exec(line) ?? [];
      const variable = `PIP_${(name ?? '').toUpperCase().replaceAll('-', '_')}`;
      if (section !== ':env:' && value && isPipNetwork(variable)) found[variable] = value.replaceAll('\\n', ' ').trim();
    }
    const given = Object.entries(process.env).filter(([name]) => isPipNetwork(name));
    return { ...found, ...Object.fromEntries(given), PIP_CONFIG_FILE: devNull };
  });
  return environment;
}

/**
 * Runs the virtual environment's pip.
 *
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 */
export async function pip(args, { cwd, env } = {}) {
  const quiet = ['--quiet', '--disable-pip-version-check'];
  const all = { ...(await pipEnvironment()), ...env };
  return command(VENV_PYTHON, ['-m', 'pip', ...args, ...quiet], { ...(cwd ? { cwd } : {}), env: all });
}
