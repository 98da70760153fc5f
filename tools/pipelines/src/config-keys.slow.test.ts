import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

// The real Nx and DVC: no key of a config is lost, whatever it is called. DVC has meanings of its own for these.
const names = ['size', 'nfiles', 'md5', 'hash', 'path', 'isexec', 'cache', 'files', 'remote', 'params', 'cmd', 'deps'];
const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
`;
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;
let count = 0;
let any: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, 0]));

/** Changes one thing in the config. */
function change(changed: Record<string, unknown>): void {
  any = { ...any, ...changed };
  toy.write('configs/toy.json', { seed: 0, a: { any } });
}
const call = (...command: Parameters<ToyWorkspace['start']>) => outputOf(toy.start(...command));
const run = () => call('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy']);
const repro = () => call('dvc', ['repro', '--single-item', 'a'], 'pipelines/toy');
const made = () => JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out/a/data/toy.json'), 'utf8')).any;

describe.runIf(installed)('a key of a config', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    toy = toyWorkspace(['a'], yaml, { seed: 0, a: { any } });
    await run();
  });
  afterAll(() => toy.remove());

  it.each(names)('%s: a change is seen by DVC called by hand', async (name) => {
    change({ [name]: ++count });
    await repro();
    expect(made()).toEqual(any);
  });

  it('deep in lists and objects, added and removed, by hand', async () => {
    for (const value of [[{ size: 1 }], [{ size: 2 }], [{}], [{ a: { nfiles: [1] } }], [{ a: { nfiles: [2] } }]]) {
      change({ list: value });
      await repro();
      expect(made()).toEqual(any);
    }
  });

  it('removed, deep and between values that Python takes for equal, by run', async () => {
    for (const changed of [{ list: undefined }, { list: [{ size: 1 }] }, { size: 1 }, { size: true }]) {
      change(changed);
      await run();
      expect(made()).toEqual(any);
    }
  });
});
