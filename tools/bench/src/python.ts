import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { CACHE, HERE } from './paths.ts';

/**
 * The peers' Python: an environment with `requirements.txt`, made once. What it needs comes from the package index, a few
 * hundred MB.
 *
 * @param of a benchmark whose peers have requirements and an environment of their own: `requirements-<of>.txt`
 */
export function peersPython(say: (line: string) => void, of?: 'probe'): string {
  const suffix = of ? `-${of}` : '';
  const folder = join(CACHE, `venv${suffix}`);
  const requirements = join(HERE, `../requirements${suffix}.txt`);
  const wanted = readFileSync(requirements, 'utf8');
  const stamp = join(folder, 'requirements.txt');
  const python = join(folder, 'bin/python');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  say(`setting up ${wanted.match(/^\w\S+==\S+/gm)?.join(', ')}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  try {
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], {
      stdio: 'pipe',
    });
  } catch (error) {
    const why = String((error as { stderr?: Buffer }).stderr ?? error)
      .trim()
      .split('\n')
      .at(-1);
    throw new UserError(`cannot set up the peers: ${why}. needed: python3 with venv, and the package index`);
  }
  writeFileSync(`${stamp}.tmp`, wanted);
  renameSync(`${stamp}.tmp`, stamp);
  return python;
}
