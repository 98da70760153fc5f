import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { loadConfigFile, taskConfig, taskSeed } from './config-file.ts';
import { loadPipeline, pipelineNames } from './pipeline.ts';
import { expand } from './tasks.ts';
import { openWorkspace } from './workspace.ts';

const yaml = `name: toy
config: configs/toy.json
stages:
  c: { run: '@toy/c', params: [c], needs: [a, b], matrix: { item: [x, 2] } }
  b: { run: '@toy/b', params: [b], needs: [a] }
  a: { run: '@toy/a', params: [a] }
`;
let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(['a', 'b', 'c'], yaml, { seed: 0, a: {}, b: {}, c: { deep: { rate: 1 } } });
});
afterEach(() => toy.remove());

const load = () => loadPipeline(openWorkspace(toy.root), 'toy');

describe('loadPipeline', () => {
  it('lists tasks in the order in which they can run, matrix items apart', () => {
    const tasks = expand(load());
    expect(tasks.map(({ id, needs, out }) => [id, needs.map((need) => need.id), out])).toEqual([
      ['a', [], 'pipelines/toy/out/a'],
      ['b', ['a'], 'pipelines/toy/out/b'],
      ['c@x', ['a', 'b'], 'pipelines/toy/out/c/x'],
      ['c@2', ['a', 'b'], 'pipelines/toy/out/c/2'],
    ]);
  });

  it.each([
    [
      'needs: [a]',
      'needs: [z]',
      'unknown stage: b.needs = z. must be one of: c, b, a. correct pipelines/toy/pipeline.yaml',
    ],
    ['params: [a] }', 'params: [a], needs: [c] }', 'cycle: c needs a needs c. correct pipelines/toy/pipeline.yaml'],
    [
      "'@toy/b'",
      "'@toy/q'",
      'unknown package: b.run = @toy/q. must be one of: @toy/a, @toy/b, @toy/c. correct pipelines/toy/pipeline.yaml',
    ],
    [
      'needs: [a]',
      'need: [a]',
      'unknown config key: b.need. allowed: each, matrix, needs, params, resources, retries, run, seeds, timeout. correct pipelines/toy/pipeline.yaml',
    ],
    [
      'needs: [a]',
      'needs: a',
      'invalid config value: b.needs = "a". expected a list of stages, or a map: { role: stage, … }. correct pipelines/toy/pipeline.yaml',
    ],
    ['[x, 2]', '[x, a/b]', 'invalid config value: c.matrix.item[1] = "a/b". '],
    ['[x, 2]', '[x, 1+b]', 'invalid config value: c.matrix.item[1] = "1+b". '],
    [
      '[x, 2]',
      '{ x: 1, a/b: 2 }',
      'invalid name: c.matrix.item = a/b. allowed: letters, digits, _ . -. correct pipelines/toy/pipeline.yaml',
    ],
    ['[x, 2]', '{}', 'invalid name: c.matrix.item = nothing. '],
    ['matrix: { item: [x, 2] }', 'seeds: 1', 'invalid config value: c.seeds = 1. '],
    [
      '{ item: [x, 2] }',
      '{ seed: [5] }, seeds: 2',
      'given twice: c.seeds and c.matrix.seed. take one out. correct pipelines/toy/pipeline.yaml',
    ],
    ['{ item: [x, 2] }', '{ seed: [0, 0.5] }', 'invalid seed: c.matrix.seed = 0.5. expected integers. correct '],
    [
      'needs: [a] }',
      'needs: [a], each: c }',
      'invalid each: b.each = c. must be one of its needs: a. correct pipelines/toy/pipeline.yaml',
    ],
    [
      'needs: [a] }',
      'needs: [a], each: a }',
      'no items: b.each = a, which has no matrix. correct pipelines/toy/pipeline.yaml',
    ],
    ['  b: {', '  own-data: {', 'reserved name: own-data. in dvc.yaml it looks at own images. correct '],
    ['name: toy', 'name: other', "invalid name: other. must be its folder's: toy. correct pipelines/toy/pipeline.yaml"],
    ['[x, 2]', '[x, 2', 'invalid yaml: '],
  ])('rejects %s → %s in one line', (from, to, message) => {
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace(from, to));
    expect(load).toThrow(expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }));
    expect(load).toThrow(/^.+$/);
  });

  it('an unknown pipeline is an error that lists the known ones', () => {
    expect(pipelineNames(toy.root)).toEqual(['toy']);
    expect(() => loadPipeline(openWorkspace(toy.root), 'tpy')).toThrow('unknown pipeline: tpy. must be one of: toy');
  });
});

describe('matrix', () => {
  it('with seeds has each item so many times, alike but for its seed', () => {
    toy.write(
      'pipelines/toy/pipeline.yaml',
      yaml.replace('[x, 2] }', '[x, 2] }, seeds: 2').replace('params: [b],', 'params: [b], seeds: 3,'),
    );
    const [config, tasks] = [loadConfigFile(toy.root, load()), expand(load())];
    const repeated = tasks
      .filter(({ stage }) => stage !== 'a')
      .map((task) => [task.id, taskSeed(config, task), taskConfig(config, task)]);
    expect(repeated).toEqual([
      ...[0, 1, 2].map((seed) => [`b@${seed}`, seed, {}]),
      ...['x', 2].flatMap((item) => [0, 1].map((seed) => [`c@${item}-${seed}`, seed, { deep: { rate: 1 }, item }])),
    ]);
  });

  const needsOf = (text: string) => {
    toy.write('pipelines/toy/pipeline.yaml', text);
    return Object.fromEntries(expand(load()).map((task) => [task.id, task.needs.map(({ id }) => id)]));
  };

  it('items need the items that agree with them', () => {
    const needs = needsOf(
      yaml.replace('needs: [a] }', 'needs: [a], matrix: { item: [x, 2] } }').replace('needs: [a, b]', 'needs: [b]'),
    );
    expect(needs['c@x']).toEqual(['b@x']);
    expect(needs['c@2']).toEqual(['b@2']);
  });

  it('a stage without the matrix needs every item', () => {
    const needs = needsOf(yaml.replace('needs: [a] }', 'needs: [c] }').replace('needs: [a, b]', 'needs: [a]'));
    expect(needs.b).toEqual(['c@x', 'c@2']);
  });

  it('an item that has no counterpart is an error', () => {
    const text = yaml.replace('needs: [a] }', 'needs: [a], matrix: { item: [x] } }');
    expect(() => needsOf(text)).toThrow('no such item: c@2 needs b. its matrix has no such value');
  });

  it('a list may hold objects, which their names name', () => {
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace('[x, 2]', '[x, { name: mine, folder: ~/x }]'));
    const pipeline = load();
    const tasks = expand(pipeline).filter(({ stage }) => stage === 'c');
    expect(tasks.map(({ id }) => id)).toEqual(['c@x', 'c@mine']);
    expect(taskConfig(loadConfigFile(toy.root, pipeline), tasks[1]!).item).toEqual({ name: 'mine', folder: '~/x' });
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace('[x, 2]', '[x, { folder: ~/x }]'));
    expect(load).toThrow(
      /^invalid config value: c\.matrix\.item = .* objects with a name, or a map of names to values\. /,
    );
  });

  it('values go into the config at their key, however deep', () => {
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace('item: [x, 2]', 'deep.rate: [0.5], other.name: [x]'));
    const pipeline = load();
    const task = expand(pipeline).find(({ stage }) => stage === 'c')!;
    expect(task.id).toBe('c@0.5-x');
    expect(taskConfig(loadConfigFile(toy.root, pipeline), task)).toEqual({ deep: { rate: 0.5 }, other: { name: 'x' } });
  });
});

describe('each', () => {
  const each = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], matrix: { rate: [1, 0.5] } }
  b: { run: '@toy/b', params: [b], needs: [a], each: a }
  c: { run: '@toy/c', params: [c], needs: [b], each: b, matrix: { item: [x, y] } }
  d: { run: '@toy/c', params: [d], needs: [c] }
`;
  const tasksOf = (text: string) => {
    toy.write('pipelines/toy/pipeline.yaml', text);
    toy.write('configs/toy.json', { seed: 0, a: {}, b: {}, c: {}, d: {} });
    const pipeline = load();
    const file = loadConfigFile(toy.root, pipeline);
    return expand(pipeline).map((task) => ({ ...task, config: taskConfig(file, task) }));
  };

  it('takes a key `seed` as the seed of the task, and not into its config, nor into that of what follows', () => {
    const text = each.replace('rate: [1, 0.5]', 'rate: [1], seed: [3, 4]');
    const tasks = tasksOf(text);
    const config = { seed: 0, a: {}, b: {}, c: {}, d: {} };
    expect(tasks.slice(0, 4).map((task) => [task.id, task.config, taskSeed(config, task)])).toEqual([
      ['a@1-3', { rate: 1 }, 3],
      ['a@1-4', { rate: 1 }, 4],
      ['b@1-3', {}, 0],
      ['b@1-4', {}, 0],
    ]);
  });

  it('runs a stage for every item of another, with one config, and goes on through what follows', () => {
    const tasks = tasksOf(each);
    const b = (rate: string) => [{ id: `b@${rate}`, role: 'dataset', item: { rate } }];
    expect(tasks.slice(2, 4).map(({ id, needs, config, out }) => [id, needs, config, out])).toEqual([
      ['b@1', [{ id: 'a@1', role: 'dataset', item: { rate: '1' } }], {}, 'pipelines/toy/out/b/1'],
      ['b@0.5', [{ id: 'a@0.5', role: 'dataset', item: { rate: '0.5' } }], {}, 'pipelines/toy/out/b/0.5'],
    ]);
    expect(tasks.slice(4, 6).map(({ id, needs, config }) => [id, needs, config])).toEqual([
      ['c@1-x', b('1'), { item: 'x' }],
      ['c@1-y', b('1'), { item: 'y' }],
    ]);
    expect(tasks.at(-1)?.needs.map(({ id }) => id)).toEqual(['c@1-x', 'c@1-y', 'c@0.5-x', 'c@0.5-y']);
  });

  const lines = (...stages: string[]) => {
    const all = stages.map(
      (line, i) => `  ${'abcd'[i]}: { run: '@toy/${'abca'[i]}', params: [${'abcd'[i]}], ${line} }\n`,
    );
    return `name: toy\nconfig: configs/toy.json\nstages:\n${all.join('')}`;
  };
  const needsOf = (text: string) =>
    Object.fromEntries(tasksOf(text).map(({ id, needs }) => [id, needs.map((need) => need.id)]));

  it('of several stages runs for every combination of their items and its own', () => {
    const a = 'matrix: { set: [cats, dogs] }';
    const c = 'needs: [b, a], each: [a, b], matrix: { l2: [1] }';
    const needs = needsOf(lines(a, 'matrix: { net: [s, l] }', c, 'needs: [c, b]'));
    expect(Object.keys(needs).slice(4, 8)).toEqual(['c@cats-s-1', 'c@cats-l-1', 'c@dogs-s-1', 'c@dogs-l-1']);
    expect(needs['c@dogs-s-1']).toEqual(['b@s', 'a@dogs']);
    expect(needs.d).toHaveLength(6);
  });

  it('of several stages with a key in common runs for the items that agree', () => {
    const [a, b] = ['matrix: { set: [cats, dogs, mice] }', 'needs: [a@dogs, a@mice], each: a, matrix: { net: [s, l] }'];
    const needs = needsOf(lines(a, b, 'needs: [a, b], each: [a, b]', 'needs: [c]'));
    expect(Object.keys(needs)).toEqual([
      ...['a@cats', 'a@dogs', 'a@mice'],
      ...['b@dogs-s', 'b@dogs-l', 'b@mice-s', 'b@mice-l'],
      ...['c@dogs-s', 'c@dogs-l', 'c@mice-s', 'c@mice-l'],
      'd',
    ]);
    expect(needs['b@mice-s']).toEqual(['a@mice']);
    expect(needs['c@dogs-l']).toEqual(['a@dogs', 'b@dogs-l']);
  });

  it.each([
    [
      lines('matrix: { x: [1, 2], y: [3, 4] }', 'needs: [a@1-3, a@2-4], each: a', '', ''),
      'no matrix: b runs for each of a@1-3, a@2-4. expected all combinations of their values',
    ],
    [
      lines('matrix: { x: [1] }', 'matrix: { x: [2] }', 'needs: [a, b], each: [a, b]', ''),
      'no items: c.each = a, b, which have no items that go together',
    ],
    [
      lines('matrix: { x: [a-b, a], y: [c, b-c] }', '', '', ''),
      'two items of one name: a@a-b-c. give the values of its matrix other names',
    ],
    [lines('', 'needs: [a], each: [a]', '', ''), 'no items: b.each = a, which has no matrix'],
    [
      lines('matrix: { x: [1] }', 'needs: [a], each: [a, c]', '', ''),
      'invalid each: b.each = c. must be one of its needs: a',
    ],
  ])('is refused where its items are none, %#', (text, message) => {
    expect(() => tasksOf(text)).toThrow(`${message}. correct pipelines/toy/pipeline.yaml`);
  });

  it('a stage may name what its items stand for, anything that JSON can say', () => {
    const named = each.replace('[1, 0.5]', "{ slow: 0.1, pair: { one: 'crop|flip', two: [1] } }");
    const tasks = tasksOf(named);
    expect(tasks.map(({ id }) => id).slice(0, 4)).toEqual(['a@slow', 'a@pair', 'b@slow', 'b@pair']);
    expect(tasks[1]?.config).toEqual({ rate: { one: 'crop|flip', two: [1] } });
    expect(tasks[3]?.config).toEqual({});
  });
});

describe('loadConfigFile', () => {
  it.each([
    [
      '{ "seed": 0, "a": {}, "b": {}, "c": {}, "d": {} }',
      'unknown config key: d. allowed: a, b, c, seed. correct configs/toy.json',
    ],
    [
      '{ "seed": 0, "a": {}, "b": {} }',
      'missing config section: c. write "c": {} for its defaults. correct configs/toy.json',
    ],
    [
      '{ "seed": 0.5, "a": {}, "b": {}, "c": {} }',
      'invalid config value: seed = 0.5. expected an integer. correct configs/toy.json',
    ],
    ['{ "seed": 0,, }', 'invalid json: '],
  ])('rejects %s in one line', (text, message) => {
    toy.write('configs/toy.json', text);
    const read = () => loadConfigFile(toy.root, load());
    expect(read).toThrow(expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }));
  });
});
