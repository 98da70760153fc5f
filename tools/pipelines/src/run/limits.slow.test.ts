import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';

const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;
afterEach(() => toy.remove());

function make(stage: string, config: object): void {
  toy = toyWorkspace(
    ['a'],
    `name: toy\nconfig: configs/toy.json\nstages:\n  a: { run: '@toy/a', params: [a], ${stage} }\n  b: { run: '@toy/a', params: [b] }\n`,
    { seed: 0, a: config, b: {} },
  );
}
/** Has the stage of the toy do something else. */
function edit(from: string, to: string): void {
  const path = 'packages/a/src/stage.ts';
  toy.write(path, readFileSync(join(toy.root, path), 'utf8').replace(from, to));
}
const start = (...args: string[]) =>
  toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy', ...args]);
async function failed(...args: string[]): Promise<string> {
  const run = start(...args);
  await run.ended;
  expect(run.code, run.output).toBe(1);
  return run.output;
}
const log = (id: string) => readFileSync(join(toy.root, `pipelines/toy/out/${id}/log.txt`), 'utf8');

describe.runIf(installed)('a stage', { timeout: 120_000 }, () => {
  it('that fails is tried again as often as it may be; the others go on; what it said is in its log', async () => {
    make('retries: 2', { fail: true, steps: 2 });
    const said = await failed();
    expect(said.match(/^a: tries again, \d of 2$/gm)).toEqual(['a: tries again, 1 of 2', 'a: tries again, 2 of 2']);
    expect(said).toMatch(/^b: done in/m);
    expect(said).toContain('failed: a. correct it and run again');
    expect(log('a').match(/asked to fail/g)).toHaveLength(3);
    expect(log('b')).toMatch(/^b: starts\n(.*\n)*b: done in .* s\n$/);
  });

  it('that takes too long has failed, and goes on when it is run again', async () => {
    make('timeout: 1.5', { steps: 100 });
    expect(await failed('a')).toContain('a: timed out: a: 1.5 s are over. run again: it goes on from its checkpoint');
    toy.write(
      'pipelines/toy/pipeline.yaml',
      readFileSync(join(toy.root, 'pipelines/toy/pipeline.yaml'), 'utf8').replace('1.5', '60'),
    );
    expect(await outputOf(start('a'))).toMatch(/^a: resumes$/m);
  });

  it('that hears nothing when its time is over, since it keeps its thread busy, is killed', async () => {
    make('timeout: 1', { any: 'deaf' });
    const deaf = "if (config.any === 'deaf') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
    edit('if (config.fail)', `${deaf}\n    if (config.fail)`);
    const said = await failed();
    expect(said).toMatch(/^a: timed out: a: 1 s are over\. .* killed \(process \d+\)$/m);
    expect(said).toMatch(/^b: done in/m);
    expect(said).toContain('failed: a. correct it and run again');
    expect(log('a')).toContain('does not hear that it is to end');
  });

  it.runIf(availableParallelism() > 1)('with resources runs beside others, one with none alone', async () => {
    make('resources: { cpu: 1 }, matrix: { item: [x, y] }', { steps: 60 });
    edit(
      'metrics: { value: config.value',
      'metrics: { value: config.value, cores: Number(process.env.SIMCLR_CORES ?? 0)',
    );
    const lines = (await outputOf(start())).split('\n').filter((line) => / (starts|done)/.test(line));
    const at = (start: string) => lines.findIndex((line) => line.startsWith(start));
    const ends = Math.min(at('a@x: done'), at('a@y: done'));
    expect(Math.max(at('a@x: starts'), at('a@y: starts'))).toBeLessThan(ends);
    expect(JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out/a/x/metrics.json'), 'utf8'))).toMatchObject({
      cores: 1,
    });
    // It has all cores.
    expect(Math.abs(at('b: starts') - at('b: done'))).toBe(1);
    toy.write('configs/toy.json', { seed: 1, a: { steps: 60 }, b: {} });
    const serial = (await outputOf(start('a', '--jobs', '1')))
      .split('\n')
      .filter((line) => / (starts|done)/.test(line));
    expect(serial.map((line) => line.split(' ')[1])).toEqual(['starts', 'done', 'starts', 'done']);
  });

  it('whose result has a metric that is no number has failed', async () => {
    make('', {});
    edit('metrics: { value: config.value', 'metrics: { value: config.value - Number.NaN');
    expect(await failed()).toMatch(/^a: metric value: NaN\. allowed: a finite number$/m);
    expect(existsSync(join(toy.root, 'pipelines/toy/out/a/data'))).toBe(false);
  });

  it('is run alone by --only, where what it needs is up to date', async () => {
    make('', {});
    const path = 'pipelines/toy/pipeline.yaml';
    toy.write(path, readFileSync(join(toy.root, path), 'utf8').replace('params: [b]', 'params: [b], needs: [a]'));
    const advice = 'run npm run pipeline -- run toy a';
    expect(await failed('b', '--only')).toContain(
      `not up to date: a. --only runs nothing but what is named. ${advice}\n`,
    );
    expect(existsSync(join(toy.root, 'pipelines/toy/out/a/data'))).toBe(false);
    expect(await failed('--only')).toContain('missing stage: --only. run npm run pipeline -- run toy <stage> --only\n');
    await outputOf(start('a', '--only'));
    expect(await outputOf(start('b', '--only'))).toMatch(/^b: done in/m);
  });

  it('that asks for more than there is, is refused before anything runs', async () => {
    make('resources: { gpu: 99 }', {});
    expect(await failed()).toMatch(
      /^not enough gpus: a needs 99, here are \d+\. correct pipelines\/toy\/pipeline\.yaml$/m,
    );
    expect(existsSync(join(toy.root, 'pipelines/toy/out/b/data'))).toBe(false);
  });
});
