import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dvcYaml, isSynced, syncDvcYaml } from './dvc-yaml.ts';
import { pipelineNames } from './pipeline.ts';
import { type ToyWorkspace, toyPackage, toyWorkspace } from './toy-workspace.ts';
import { findRoot, openWorkspace } from './workspace.ts';

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
  toy.write('packages/b/package.json', toyPackage('b', { '@toy/a': '1.0.0', sharp: '0.0.0' }));
});
afterEach(() => toy.remove());

interface DvcYaml {
  stages: Record<string, { matrix?: object; cmd: string; deps: string[]; params: object[] }>;
}

// As DVC writes them.
const rate = '$' + '{item.rate_max}';
const item = '$' + '{item.item}';
const values = '$' + '{item.values}';

describe('dvcYaml', () => {
  it('tracks the code of a package and of all that it imports, config keys, pinned versions and needed data', () => {
    const { stages } = parse(dvcYaml(openWorkspace(toy.root), 'toy')) as DvcYaml;
    expect(stages.b).toEqual({
      matrix: { rate_max: ['1', '0.5'], item: ['x', 'y'] },
      cmd: expect.stringContaining(` exec toy b@${rate}-${item}`),
      deps: ['../../packages/a/src', '../../packages/b/src', `out/a/${rate}/data`],
      params: [
        { '../../configs/toy.json': ['seed', 'b'] },
        { '../../package-lock.json': ['packages.node_modules/sharp.version'] },
      ],
      outs: [`out/b/${rate}-${item}/data`, `out/b/${rate}-${item}/run.json`],
      metrics: [{ [`out/b/${rate}-${item}/metrics.json`]: { cache: false } }],
    });
    expect(stages.c?.deps.slice(1)).toEqual(['1-x', '1-y', '0.5-x', '0.5-y'].map((name) => `out/b/${name}/data`));
  });

  it('a stage for each item of another has its matrix; names that stand for something are told with its digest', () => {
    toy.write(
      'pipelines/toy/pipeline.yaml',
      yaml
        .replace('{ rate.max: [1, 0.5] } }', '{ rate.max: { low: 0.1, high: [1, 2] } } }')
        .replace('matrix: { rate.max: [1, 0.5], item: [x, y] } }', 'each: a }'),
    );
    const { stages } = parse(dvcYaml(openWorkspace(toy.root), 'toy')) as DvcYaml;
    expect(stages.a).toEqual({
      foreach: {
        low: { rate_max: 'low', values: expect.stringMatching(/^[0-9a-f]{16}$/) },
        high: { rate_max: 'high', values: expect.stringMatching(/^[0-9a-f]{16}$/) },
      },
      do: expect.objectContaining({
        cmd: expect.stringContaining(` exec toy a@${rate} ${values}`),
        outs: [`out/a/${rate}/data`, `out/a/${rate}/run.json`],
      }),
    });
    expect(stages.b).toMatchObject({
      matrix: { rate_max: ['low', 'high'] },
      cmd: expect.stringContaining(` exec toy b@${rate}`),
      deps: expect.arrayContaining([`out/a/${rate}/data`]),
    });
    expect(stages.c?.deps.slice(1)).toEqual(['out/b/low/data', 'out/b/high/data']);
  });

  it('is written once and found out of date when pipeline.yaml changes', () => {
    const workspace = openWorkspace(toy.root);
    expect([syncDvcYaml(workspace, 'toy'), syncDvcYaml(workspace, 'toy')]).toEqual([true, false]);
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace('[x, y]', '[x]'));
    expect(isSynced(workspace, 'toy')).toBe(false);
  });

  it('the committed ones are in line with their pipeline.yaml', () => {
    const workspace = openWorkspace(findRoot(import.meta.dirname));
    expect(pipelineNames(workspace.root).filter((name) => !isSynced(workspace, name))).toEqual([]);
  });
});
