import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';

/** What DVC said, and whether it ended well. */
interface Said {
  ok: boolean;
  said: string;
}

/** Runs DVC in a pipeline's folder. Its progress bars are shown where there is a terminal. */
export function callDvc(root: string, dir: string, args: string[]): Promise<Said> {
  const program = join(root, '.venv/bin/dvc');
  if (!existsSync(program)) throw new UserError(`missing program: ${program}. run npm run setup`);
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', process.stderr.isTTY ? 'inherit' : 'pipe'] as const;
    const child = spawn(program, ['--wait-for-lock', ...args], { cwd: join(root, dir), stdio: [...stdio] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text) => {
        said += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, said }));
  });
}

/** Whether any config that DVC reads names a remote to go to: where none does, Python need not be asked. */
export function hasRemote(root: string): boolean {
  const { XDG_CONFIG_HOME: own = join(homedir(), '.config'), XDG_CONFIG_DIRS: all = '/etc/xdg' } = process.env;
  const files = [
    join(root, '.dvc/config'),
    join(root, '.dvc/config.local'),
    join(own, 'dvc/config'),
    join(all, 'dvc/config'),
  ];
  return files.some((file) => existsSync(file) && /^\s*remote\s*=\s*\S/m.test(readFileSync(file, 'utf8')));
}

/** Throws a one-line UserError where DVC has no remote to go to. */
export async function requireRemote(root: string): Promise<void> {
  const { ok, said } = await callDvc(root, '.', ['config', 'core.remote']);
  if (ok && said.trim()) return;
  throw new UserError('no remote: DVC has no default one. run .venv/bin/dvc remote add -d <name> <address>');
}

/** What DVC says is wrong, in a line. */
export const mistakeIn = (said: string): string =>
  (said.match(/^ERROR: (.*)$/m)?.[1] ?? said.trim().split('\n').at(-1) ?? '').replace(/ - /, ': ');
