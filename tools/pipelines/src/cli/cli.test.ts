import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { commandNames, commandOf } from './commands.ts';
import { completion } from './completion.ts';

const root = findRoot(import.meta.dirname);
const env = { ...process.env, SIMCLR_SESSION: undefined, NODE_OPTIONS: undefined };
const simclr = (...args: string[]) =>
  spawnSync(process.execPath, ['tools/pipelines/src/main.ts', ...args], { cwd: root, env, encoding: 'utf8' });

describe('--help', () => {
  it('has every command for people, and no other, on a page', () => {
    const { status, stdout, stderr } = simclr('--help');
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.filter((line) => line.startsWith('  ')).map((line) => line.trim().split(' ')[0])).toEqual(
      commandNames,
    );
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it.each(commandNames)('%s: what it does, its options, an example', (name) => {
    const { says, options = {}, example } = commandOf(name)!;
    const { status, stdout } = simclr(name, '--help');
    expect(status).toBe(0);
    for (const part of [says, ...Object.keys(options).map((key) => `--${key}`), `npx simclr ${example}`])
      expect(stdout).toContain(part);
  });
});

it('npx simclr works, in any folder of the checkout', { timeout: 60_000 }, () => {
  const { status, stderr } = spawnSync('npx', ['--offline', 'simclr', 'rnu'], {
    cwd: join(root, 'docs'),
    env,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([1, expect.stringContaining('unknown command: rnu. nearest: run.')]);
});

it('calls other tools, with their exit codes', () => {
  expect(simclr('datasets', '--json').stdout).toContain('"fashion-mnist"');
  const doctor = simclr('doctor', 'no-such-dataset');
  expect(doctor.stderr).toContain('unknown dataset: ');
  expect(doctor.status).toBe(1);
  expect(simclr('evaluate').stderr).toContain('missing --encoder');
  expect(simclr('import', 'a').stderr).toBe('missing folder. npm run import -- --help\n');
  expect(simclr('export').stderr).toBe('missing folder. npm run export -- --help\n');
});

describe('completion', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'completion-'));
    for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(dir, shell), completion(shell));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** What bash offers for the last of these words. */
  function offered(...words: string[]): string[] {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = `. ${dir}/bash; COMP_WORDS=(simclr ${quoted}); COMP_CWORD=${words.length}; _simclr; echo "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { cwd: join(root, 'docs'), encoding: 'utf8' })
      .trim()
      .split(' ');
  }

  it.each([
    [['dr'], ['dry-run']],
    [['run', 'quick'], ['quickstart']],
    [
      ['run', 'quickstart', 'ingest@'],
      ['ingest@fashion-mnist', 'ingest@digits'],
    ],
    [['run', 'quickstart', '--fo'], ['--force']],
    [
      ['mlflow', 's'],
      ['start', 'stop', 'sync'],
    ],
    [['accept', 'cifar10', 'pretr'], ['pretrain']],
  ])('bash: %j', (words, found) => {
    expect(offered(...words)).toEqual(found);
  });

  it.each(['zsh', 'fish'])('%s reads it, where it is installed', (shell) => {
    const { error, status, stderr } = spawnSync(shell, ['-n', join(dir, shell)], { encoding: 'utf8' });
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return;
    expect([status, stderr]).toEqual([0, '']);
  });
});
