import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { OFFLINE, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';

const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
`;

let toy: ToyWorkspace;
const command = ['tools/pipelines/src/main.ts', 'run', 'toy'];
/** Runs the pipeline as a user does, in this environment. */
async function run(env: Record<string, string> = {}) {
  const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const run = toy.start('env', [OFFLINE, ...given, 'node', ...command]);
  await run.ended;
  return run;
}
let value = 1;
const change = () => toy.write('configs/toy.json', { seed: 0, a: { value: ++value } });
const path = (...parts: string[]) => join(toy.root, ...parts);

beforeAll(() => {
  toy = toyWorkspace(['a'], yaml, { seed: 0, a: { value } });
  rmSync(path('.git'), { recursive: true });
});
afterAll(() => toy.remove());

// One checkout after the other: each test goes on from the last one's results.
describe('a checkout', { timeout: 600_000 }, () => {
  it('without git runs, with a temporary folder that is not there and a repository named for someone else', async () => {
    const { code, output } = await run({
      TMPDIR: '/none/such',
      GIT_DIR: '/none/such',
      NX_CACHE_DIRECTORY: '/none/such',
    });
    expect(output).toContain('a: starts');
    expect(output).not.toContain('ERROR');
    expect(code).toBe(0);
    expect(output).toMatch(/TMPDIR: \/none\/such cannot be written to: \/tmp is used/);
  });

  it('that gets git goes on, and DVC knows it', async () => {
    await toy.start('git', ['init', '--quiet']).ended;
    change();
    expect((await run()).code).toBe(0);
    expect(readFileSync(path('.dvc/config.local'), 'utf8')).not.toContain('no_scm');
  });

  it('with a relative temporary folder tells what its stages say', async () => {
    change();
    // Of the toy's own: `tools` there is ours, and what programs leave in it would stay.
    mkdirSync(path('temporary'));
    const { code, output } = await run({ TMPDIR: 'temporary' });
    expect(code).toBe(0);
    expect(output).toContain('a: starts');
    expect(output).toMatch(/^ +a +ran /m);
  });

  it.each([
    ['is empty', ''],
    ['has a conflict', '<<<<<<< HEAD\nschema: 2.0\n=======\nschema: 1.0\n>>>>>>> other\n'],
    ['is of another shape', '- 1\n- 2\n'],
    ['has stages of another shape', "schema: '2.0'\nstages:\n  a: 3\n"],
  ])('whose dvc.lock %s has nothing to do, and mends it', async (_, text) => {
    const lock = path('pipelines/toy/dvc.lock');
    const good = readFileSync(lock, 'utf8');
    writeFileSync(lock, text);
    const { code, output } = await run();
    expect(output).toContain('pipelines/toy/dvc.lock: not readable, kept as dvc.lock.broken');
    expect(output).toContain('nothing to do');
    expect(code).toBe(0);
    expect(parse(readFileSync(lock, 'utf8'))).toEqual(parse(good));
    expect(readFileSync(`${lock}.broken`, 'utf8')).toBe(text);
  });

  it('whose dvc.lock is broken runs what is due', async () => {
    writeFileSync(path('pipelines/toy/dvc.lock'), Buffer.from([0xff, 0x00, 0x9d, 0x3a]));
    change();
    const { code, output } = await run();
    expect(output).toContain('a: starts');
    expect(code).toBe(0);
  });

  it('whose .git names a worktree that is not here runs', async () => {
    renameSync(path('.git'), path('git-away'));
    writeFileSync(path('.git'), 'gitdir: /none/such/.git/worktrees/x\n');
    change();
    const { code, output } = await run();
    expect(code).toBe(0);
    expect(output).toContain('a: starts');
    expect(existsSync(path('.dvc/config.local'))).toBe(true);
  });
});
