import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfigFile } from '../definition/config-file.ts';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import { openWorkspace } from '../definition/workspace.ts';
import { type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { areKeysSynced, keepKeys, keyFields, keysOf, syncKeys, taskKeys } from './keys.ts';

const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], matrix: { value: [0.5, 1] } }
  b: { run: '@toy/a', params: [b] }
`;
let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(['a'], yaml, { seed: 0, a: {}, b: {} });
});
afterEach(() => toy.remove());

function open() {
  const workspace = openWorkspace(toy.root);
  const pipeline = loadPipeline(workspace, 'toy');
  return { workspace, pipeline, config: loadConfigFile(toy.root, pipeline), tasks: expand(pipeline) };
}
const edit = (text: string) => appendFileSync(join(toy.root, 'packages/a/src/stage.ts'), text);

describe('keys.json', () => {
  it('has a digest each of what a task is, of its code and of npm packages, where DVC and Nx look for it', () => {
    const { workspace, pipeline, config, tasks } = open();
    expect([syncKeys(workspace, 'toy'), syncKeys(workspace, 'toy')]).toEqual([true, false]);
    for (const task of tasks) expect(keysOf(toy.root, pipeline, task.id)).toEqual(taskKeys(workspace, config, task));
    const json = JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/keys.json'), 'utf8'));
    expect(keyFields('a@0.5')).toEqual(['a@0.5.=', 'a@0.5.=code', 'a@0.5.=versions']);
    expect(json['a@0']['5']).toMatchObject({ '=': expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(keysOf(toy.root, pipeline, 'c')).toEqual({});
  });

  it('changes in what has changed, and not where an edit means nothing', () => {
    const keys = () => {
      const { workspace, config, tasks } = open();
      return taskKeys(workspace, config, tasks.at(-1)!);
    };
    const before = keys();
    edit('/** Prose. */\nexport type T = number;\n');
    expect(keys()).toEqual(before);
    toy.write('configs/toy.json', { seed: 0, a: { value: 3 }, b: {} });
    expect(keys()).toEqual(before);
    edit('export const one = 1;\n');
    expect(keys()).toEqual({ ...before, code: expect.not.stringMatching(before.code) });
    toy.write('configs/toy.json', { seed: 1, a: {}, b: {} });
    expect(keys().task).not.toBe(before.task);
  });

  it('is another of each seed of a matrix', () => {
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace('value: [0.5, 1]', 'seed: [0, 1]'));
    const { workspace, config, tasks } = open();
    const [a, b] = tasks.map((task) => taskKeys(workspace, config, task).task);
    expect(a).not.toBe(b);
  });

  it('says what a stage was made from though it was edited meanwhile, and nothing else of others', () => {
    const { workspace, pipeline, config, tasks } = open();
    const [a, , b] = tasks;
    syncKeys(workspace, 'toy');
    const made = taskKeys(workspace, config, b!);
    edit('export const one = 1;\n');
    const later = open();
    syncKeys(later.workspace, 'toy');
    keepKeys(toy.root, pipeline, b!.id, made);
    expect(keysOf(toy.root, pipeline, b!.id)).toEqual(made);
    expect(keysOf(toy.root, pipeline, a!.id)).toEqual(taskKeys(later.workspace, config, a!));
    expect(areKeysSynced(later.workspace, 'toy')).toBe(false);
    syncKeys(later.workspace, 'toy');
    expect(areKeysSynced(later.workspace, 'toy')).toBe(true);
  });
});
