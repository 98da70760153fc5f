import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';

/* Results of real runs: what may go, and that nothing is stuck without it. */
const PIPELINE = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/a', params: [b], needs: [a] }
`;
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

const simclr = (...args: string[]) =>
  outputOf(toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', ...args]));
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: toy.root, encoding: 'utf8' });
const made = () => JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out/b/data/toy.json'), 'utf8')) as object;
const objects = () => readdirSync(join(toy.root, '.dvc/cache/files/md5'), { recursive: true }).length;

describe.runIf(installed)('gc of real results', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    toy = toyWorkspace(['a'], PIPELINE, { seed: 0, a: {}, b: { value: 1 } });
    await simclr('run', 'toy');
  }, 240_000);
  afterAll(() => toy.remove());

  it('keeps all of what is in place, and what a branch names', async () => {
    expect(await simclr('gc', '--yes')).toBe('nothing to free\n');
    git('add', 'pipelines', 'configs');
    git('commit', '--quiet', '-m', 'one');
    git('branch', 'one');
    await simclr('run', 'toy', '--set', 'b.value=2');
    expect(await simclr('gc', '--yes')).toBe('nothing to free\n');
  });

  it('frees what nothing names any more; DVC and a run find all that they need', async () => {
    git('add', '-A', 'pipelines', 'configs');
    git('commit', '--quiet', '--amend', '-m', 'two');
    git('branch', '-D', 'one');
    const before = objects();
    expect(await simclr('gc', '--yes')).toMatch(/^objects of DVC's cache .* names: \d+, .*\nfreed /);
    expect(objects()).toBeLessThan(before);
    expect(await simclr('run', 'toy')).toContain('nothing to do');
    const status = toy.start('env', ['dvc', 'status', '--json'], 'pipelines/toy');
    expect(Object.keys(JSON.parse(await outputOf(status)) as object).filter((id) => id !== 'own-data')).toEqual([]);
  });

  it('what is gone is made again where one goes back to it, though Nx remembers it', async () => {
    expect(made()).toMatchObject({ value: 2 });
    const said = await simclr('run', 'toy', '--set', 'b.value=1');
    expect(made()).toMatchObject({ value: 1 });
    expect(said).toMatch(/^ {2}b +ran .* value 1$/m);
    expect(said).not.toMatch(/^ {2}a +ran/m);
    expect(await simclr('run', 'toy')).toContain('nothing to do');
  });
});
