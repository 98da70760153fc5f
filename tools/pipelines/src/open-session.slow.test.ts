import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { OFFLINE, type Started, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

// Several at once, in processes of their own: runs of one pipeline, runs of two, a run and Nx or DVC called by hand.
const yaml = (name: string) => `name: ${name}
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/a', params: [b], needs: [a] }
`;
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
if (!installed) console.warn('open-session.slow.test.ts skipped: no .venv. run npm run setup');

const REFUSED =
  /^under way: a run of toy, process (\d+), since [-\d]+ [:\d]+\. wait for it, or end it: kill -INT \1\n$/;
let toy: ToyWorkspace;
let seed = 0;
const run = (name = 'toy') => toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'run', name]);
const dvc = () => toy.start('dvc', ['repro', 'a'], 'pipelines/toy');
const change = (steps: number) => toy.write('configs/toy.json', { seed: ++seed, a: { steps }, b: { steps: 5 } });
const sessions = () => readdirSync(join(toy.root, 'pipelines/toy/out/.sessions'));
/** Runs of the stage `a`, each with a journal of its own. */
const tries = () => readdirSync(join(toy.root, 'pipelines/toy/out/a/mlflow')).length;

async function says(pattern: RegExp, started: Started): Promise<void> {
  while (!pattern.test(started.output) && started.code === undefined) await sleep(20);
  expect(started.output).toMatch(pattern);
}
const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
async function end(...all: Started[]): Promise<[number | undefined, string][]> {
  await Promise.all(all.map(({ ended }) => ended));
  return all.map(({ code, output }) => [code, output]);
}

describe.runIf(installed)('runs at once', { timeout: 240_000 }, () => {
  beforeAll(() => {
    toy = toyWorkspace(['a'], yaml('toy'), {});
    toy.write('pipelines/other/pipeline.yaml', yaml('other'));
  });
  afterAll(() => toy.remove());

  it('of one pipeline: one runs, the others say in a line that it does', async () => {
    change(50);
    const all = [run(), run(), run()];
    const ends = await end(...all);
    expect(ends.map(([code]) => code).sort()).toEqual([0, 1, 1]);
    for (const [code, output] of ends) if (code) expect(output).toMatch(REFUSED);
    expect([tries(), sessions()]).toEqual([1, []]);
  });

  it('while a stage is at work: refused too, by hand as well, and the first is not disturbed', async () => {
    change(600);
    const first = run();
    await says(/a: starts/, first);
    const before = readFileSync(join(toy.root, 'pipelines/toy/keys.json'), 'utf8');
    const [[code, output]] = (await end(run())) as [[number, string]];
    expect([code, output]).toEqual([1, expect.stringMatching(REFUSED)]);
    expect((await end(toy.start('nx', ['run', 'toy:a'])))[0]![1]).toMatch(/^under way: a run of toy, process \d+, /m);
    expect(readFileSync(join(toy.root, 'pipelines/toy/keys.json'), 'utf8')).toBe(before);
    process.kill(Number(/kill -INT (\d+)/.exec(output)![1]), 'SIGINT');
    expect((await end(first))[0]).toEqual([75, expect.stringContaining('a: interrupted: run again to resume')]);
    change(3);
    expect((await end(run()))[0]![0]).toBe(0);
  });

  it('a task that starts when its run is over makes nothing', async () => {
    change(4);
    const before = tries();
    const gone = `SIMCLR_SESSION=${join(toy.root, 'pipelines/toy/out/.sessions/gone')}`;
    const task = toy.start('env', [gone, OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'task', 'toy', 'a']);
    expect((await end(task))[0]).toEqual([75, '']);
    expect(tries()).toBe(before);
    expect((await end(run()))[0]![0]).toBe(0);
    expect(tries()).toBe(before + 1);
  });

  it('one that was killed does not keep out the next, which goes on from the checkpoint of its stage', async () => {
    change(600);
    const killed = run();
    await says(/a: starts/, killed);
    await sleep(200);
    const count = tries();
    process.kill(killed.pid, 'SIGKILL');
    while (lives(killed.pid)) await sleep(20); // On a busy machine even that takes a while.
    const next = run();
    await says(/a: resumes/, next);
    process.kill(next.pid, 'SIGINT');
    expect((await end(next))[0]![0]).toBe(75);
    expect(tries()).toBe(count);
  });

  it('with DVC called by hand: the run is refused, and DVC goes on', async () => {
    change(200);
    const byHand = dvc();
    await says(/a: starts/, byHand);
    const line = /^under way: a task, called by hand, of toy, process \d+, since /;
    expect((await end(run()))[0]).toEqual([1, expect.stringMatching(line)]);
    expect((await end(byHand))[0]![0]).toBe(0);
    expect((await end(run()))[0]).toEqual([0, expect.stringMatching(/a +up to date|up to date +a/)]);
  });

  it('of two pipelines: both run', async () => {
    change(30);
    const ends = await end(run('toy'), run('other'));
    expect(
      ends.map(([code]) => code),
      JSON.stringify(ends),
    ).toEqual([0, 0]);
  });

  it('of a pipeline that git ignores, which Nx does not see: a line says so, instead of a success', async () => {
    change(5);
    const before = readFileSync(join(toy.root, '.gitignore'), 'utf8');
    toy.write('pipelines/ignored/pipeline.yaml', yaml('ignored'));
    toy.write('.gitignore', `${before}\npipelines/ignored/\n`);
    try {
      const [[code, output]] = (await end(run('ignored'))) as [[number, string]];
      expect(output).toContain('not run: a, b. nx does not see pipelines/ignored: take it out of .gitignore');
      expect(code).toBe(1);
    } finally {
      toy.write('.gitignore', before);
    }
  });
});
