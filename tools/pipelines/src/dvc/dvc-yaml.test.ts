import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { pipelineNames } from '../definition/pipeline.ts';
import { findRoot, openWorkspace } from '../definition/workspace.ts';
import { areKeysSynced } from '../inputs/keys.ts';
import { type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { dvcYaml, isSynced, syncDvcYaml } from './dvc-yaml.ts';

const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], matrix: { rate.max: [1, 0.5] } }
  b: { run: '@toy/b', params: [b], needs: [a], matrix: { rate.max: [1, 0.5], item: [x, y] } }
  c: { run: '@toy/a', params: [c], needs: [b] }
`;
let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(['a', 'b'], yaml, { seed: 0, a: {}, b: {}, c: {} });
});
afterEach(() => toy.remove());

interface DvcYaml {
  stages: Record<string, { matrix?: object; cmd: string; deps: string[]; params: object[] }>;
}

// As DVC writes them.
const rate = '$' + '{item.rate_max}';
const item = '$' + '{item.item}';

describe('dvcYaml', () => {
  it('tracks keys, config and needed data', async () => {
    const { stages } = parse(await dvcYaml(openWorkspace(toy.root), 'toy')) as DvcYaml;
    expect(stages.b).toEqual({
      matrix: { rate_max: ['1', '0.5'], item: ['x', 'y'] },
      cmd: expect.stringMatching(/ exec toy b@\$\{item\.rate_max\}-\$\{item\.item\}$/),
      deps: [`out/a/${rate}/data`],
      params: [
        { 'keys.json': ['=', '=code', '=versions'].map((key) => `b@${rate}-${item}.${key}`) },
        { '../../configs/toy.json': ['seed', 'b'] },
      ],
      outs: [`out/b/${rate}-${item}/data`, { [`out/b/${rate}-${item}/run.json`]: { persist: true } }],
      metrics: [`out/b/${rate}-${item}/metrics.json`],
    });
    expect(stages.c?.deps).toEqual(['1-x', '1-y', '0.5-x', '0.5-y'].map((name) => `out/b/${name}/data`));
  });

  it('a stage for each item of another has its matrix', async () => {
    toy.write(
      'pipelines/toy/pipeline.yaml',
      yaml
        .replace('{ rate.max: [1, 0.5] } }', '{ rate.max: { low: 0.1, high: [1, 2] } } }')
        .replace('matrix: { rate.max: [1, 0.5], item: [x, y] } }', 'each: a }'),
    );
    const { stages } = parse(await dvcYaml(openWorkspace(toy.root), 'toy')) as DvcYaml;
    expect(stages.a).toMatchObject({ matrix: { rate_max: ['low', 'high'] } });
    expect(stages.b).toMatchObject({
      matrix: { rate_max: ['low', 'high'] },
      cmd: expect.stringContaining(` exec toy b@${rate}`),
      deps: expect.arrayContaining([`out/a/${rate}/data`]),
    });
    expect(stages.c?.deps).toEqual(['out/b/low/data', 'out/b/high/data']);
  });

  it('a stage before all others looks at the code each time, and at own data where a config names some', async () => {
    toy.ownData('a');
    const stages = async (a: object) => {
      toy.write('configs/toy.json', { seed: 0, a, b: {}, c: {} });
      return (parse(await dvcYaml(openWorkspace(toy.root), 'toy')) as DvcYaml).stages;
    };
    const none = await stages({});
    expect(Object.keys(none)).toEqual(['own-data', 'a', 'b', 'c']);
    // All others follow the one that needs nothing.
    expect(none.a?.params).toContainEqual({ 'out/own-data.json': [`a@${rate}.=`] });
    const { 'own-data': look, a, b } = await stages({ folder: 'photos' });
    expect(look).toEqual({
      cmd: expect.stringMatching(/ own-data toy$/),
      always_changed: true,
      outs: [{ 'out/own-data.json': { cache: false } }],
    });
    expect(a?.params).toContainEqual({ 'out/own-data.json': [`a@${rate}.=`] });
    expect(JSON.stringify(b?.params)).not.toContain('own-data');
  });

  it('is written once and found out of date when pipeline.yaml changes', async () => {
    const workspace = openWorkspace(toy.root);
    expect([await syncDvcYaml(workspace, 'toy'), await syncDvcYaml(workspace, 'toy')]).toEqual([true, false]);
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace('[x, y]', '[x]'));
    expect(await isSynced(workspace, 'toy')).toBe(false);
  });

  it('the committed ones, and their keys, are in line with their pipeline.yaml and config', async () => {
    const workspace = openWorkspace(findRoot(import.meta.dirname));
    for (const name of pipelineNames(workspace.root)) {
      expect([name, await isSynced(workspace, name), areKeysSynced(workspace, name)]).toEqual([name, true, true]);
    }
  });
});
