import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';

const YAML = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/a', params: [b], needs: [a], matrix: { item: [x, y] } }
`;
const config = (a: object) => ({ seed: 0, a, b: {} });
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));

let toy: ToyWorkspace;
const call = (command: string, args: string[], folder = '') =>
  outputOf(toy.start('env', [OFFLINE, command, ...args], folder));
const main = (...args: string[]) => call('node', ['tools/pipelines/src/main.ts', ...args]);
const dvc = (...args: string[]) => call('dvc', args, 'pipelines/toy');
const key = () =>
  (JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out/a/run.json'), 'utf8')) as { key: string }).key;

describe.runIf(installed)('a default that is written out', { timeout: 200_000 }, () => {
  beforeEach(async () => {
    toy = toyWorkspace(['a'], YAML, config({ value: 3 }));
    await main('run', 'toy');
  });
  afterEach(() => toy.remove());

  it('runs nothing, and DVC is told; another value runs the stage', async () => {
    const made = key();
    toy.write('configs/toy.json', config({ value: 3, steps: 2, fail: false }));
    expect(await main('why', 'toy')).toContain('none of 3 would run');
    const said = await main('run', 'toy');
    expect(said).toContain('a: its config is written otherwise, and comes to the same: the result stays\n');
    expect(said).toContain('nothing to do');
    expect(Object.keys(JSON.parse(await dvc('status', '--json')) as object)).toEqual(['own-data']);
    expect(await main('run', 'toy')).not.toContain('otherwise');
    expect(key()).toBe(made);
    toy.write('configs/toy.json', config({ value: 3, steps: 3, fail: false }));
    expect(await main('run', 'toy')).toMatch(/^ {2}a +ran/m);
  });

  it('with another change runs the stage, for all that comes to the same', async () => {
    toy.write('configs/toy.json', config({ value: 4, steps: 2 }));
    expect(await main('why', 'toy')).toContain('config a.value changed: 3 → 4');
    expect(await main('run', 'toy')).toMatch(/^ {2}a +ran/m);
  });

  it('runs nothing where DVC is called by hand: it puts back what there was', async () => {
    const made = key();
    toy.write('configs/toy.json', config({ value: 3, steps: 2 }));
    expect(await dvc('repro')).toContain("a: put back from DVC's cache");
    expect(key()).toBe(made);
    expect(await main('run', 'toy')).toContain('nothing to do');
  });
});
