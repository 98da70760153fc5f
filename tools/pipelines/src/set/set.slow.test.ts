import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { type RunRecord, readRun } from '../run/run-record.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';

/* Values from the command line, ours and DVC's: the real Nx and DVC, git, toy stages. */
const PIPELINE = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/b', params: [b], needs: [a] }
`;
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

const simclr = (...args: string[]) =>
  outputOf(toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', ...args]));
const dvc = (...args: string[]) => outputOf(toy.start('env', [OFFLINE, 'dvc', ...args], 'pipelines/toy'));
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: toy.root, encoding: 'utf8' });
const recordOf = (id: string): RunRecord => readRun(join(toy.root, `pipelines/toy/out/${id}/run.json`))!;
const configOf = (id: string) => recordOf(id).inputs.config[id];

describe.runIf(installed)('values from the command line', { timeout: 240_000 }, () => {
  beforeAll(async () => {
    toy = toyWorkspace(['a', 'b'], PIPELINE, { seed: 0, a: { value: 1 }, b: { value: 2 } });
    git('config', 'user.name', 'x');
    git('config', 'user.email', 'x@x');
    await simclr('run', 'toy');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'as it was');
  }, 240_000);
  afterAll(() => toy.remove());

  it('run --set: written into the config, told, and what the results are recorded as', async () => {
    const before = recordOf('a').key;
    const said = await simclr('run', 'toy', '--set', 'b.value=7');
    expect(said).toContain('written into configs/toy.json: b.value changed: 2 → 7\n');
    expect(JSON.parse(readFileSync(join(toy.root, 'configs/toy.json'), 'utf8'))).toMatchObject({ b: { value: 7 } });
    expect(configOf('b')).toEqual({ value: 7 });
    expect(recordOf('a').key).toBe(before);
    expect(await simclr('run', 'toy', '--set', 'b.value=7')).toContain('nothing to do');
  });

  it('names no result as put back that is to be another one, nor one that is in place', async () => {
    expect(await simclr('run', 'toy', '--set', 'a.value=3')).not.toContain('put back');
    expect(await simclr('run', 'toy', '--force', 'a')).not.toContain('put back');
    // Of which DVC has what was made from the data of before.
    rmSync(join(toy.root, 'pipelines/toy/out/b'), { recursive: true });
    const said = await simclr('run', 'toy', '--set', 'a.value=4');
    expect(said).not.toContain('put back');
    expect(said.match(/^ {2}[ab] +ran/gm)).toHaveLength(2);
    rmSync(join(toy.root, 'pipelines/toy/out/b'), { recursive: true });
    rmSync(join(toy.root, '.nx'), { recursive: true });
    expect(await simclr('run', 'toy')).toContain('put back from DVC, which has them of the same inputs: b\n');
  });

  it('dvc exp run -S: the stages run that read the key, and our run has nothing to do then', async () => {
    const before = recordOf('a').key;
    const said = await dvc('exp', 'run', '--name', 'nine', '-S', '../../configs/toy.json:b.value=9');
    expect(said).not.toContain("Running stage 'a'");
    expect(configOf('b')).toEqual({ value: 9 });
    expect(recordOf('a').key).toBe(before);
    expect(await simclr('why', 'toy')).toBe('toy: none of 2 would run: up to date\n');
    expect(await simclr('run', 'toy')).not.toMatch(/^ {2}[ab] +ran/m);
    expect(configOf('b')).toEqual({ value: 9 });
  });

  it('dvc exp show has the values of each, and its metrics', async () => {
    const shown = await dvc('exp', 'show', '--csv', '--only-changed');
    expect(shown).toContain('nine');
    const all = JSON.parse(await dvc('exp', 'show', '--json')) as object[];
    for (const value of [2, 9]) expect(JSON.stringify(all)).toContain(`out/b/metrics.json":{"data":{"value":${value}}`);
  });
});
