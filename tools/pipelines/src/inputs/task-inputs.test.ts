import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfigFile } from '../definition/config-file.ts';
import { loadPipeline } from '../definition/pipeline.ts';
import { expand } from '../definition/tasks.ts';
import { openWorkspace } from '../definition/workspace.ts';
import { formatPlan, planTasks, select } from '../run/plan.ts';
import { type ToyWorkspace, toyPackage, toyWorkspace } from '../testing/toy-workspace.ts';
import { describeChanges, fingerprint, otherChanges, taskInputs } from './task-inputs.ts';

const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/b', params: [b], needs: [a] }
  c: { run: '@toy/a', params: [c], needs: [a] }
`;
const config = { seed: 0, a: {}, b: { value: 1, list: [1, 2] }, c: {} };
let toy: ToyWorkspace;
beforeEach(() => {
  toy = toyWorkspace(['a', 'b'], yaml, config);
  toy.write('packages/a/package.json', toyPackage('a', {}, { '.': './src/index.ts' }));
  toy.write('packages/a/src/index.ts', "export { other } from './other.ts';\nexport { unused } from './unused.ts';\n");
  toy.write('packages/a/src/other.ts', 'export const other = 1;\n');
  toy.write('packages/a/src/unused.ts', 'export const unused = 1;\n');
  toy.write('packages/b/src/stage.ts', "import { other } from '@toy/a';\nimport sharp from 'sharp';\nsharp(other);\n");
});
afterEach(() => toy.remove());

function tasks() {
  const workspace = openWorkspace(toy.root);
  const pipeline = loadPipeline(workspace, 'toy');
  return { workspace, pipeline, tasks: expand(pipeline) };
}
function inputsOfB(digest = 'd') {
  const { workspace, pipeline, tasks: all } = tasks();
  return taskInputs(workspace, loadConfigFile(toy.root, pipeline), all[1]!, () => digest);
}

describe('taskInputs', () => {
  it('changes say what they are, and only what a result depends on counts', () => {
    const before = inputsOfB();
    toy.write('packages/a/src/other.test.ts', 'a test');
    toy.write('packages/a/src/unused.ts', 'export const unused = 2;\n');
    toy.write('packages/a/src/other.ts', '/** Prose. */\nexport const other: number = 1; // one\n');
    toy.write('configs/toy.json', { ...config, a: { value: 2 } });
    expect(describeChanges(before, inputsOfB())).toEqual([]);
    expect(fingerprint(before)).toBe(fingerprint(inputsOfB()));

    toy.write('configs/toy.json', { ...config, seed: 1, b: { list: [1], deep: { x: true } } });
    toy.write('packages/a/src/other.ts', 'export const other = 2;\n');
    const lock = JSON.parse(readFileSync(join(toy.root, 'package-lock.json'), 'utf8'));
    lock.packages['node_modules/sharp'].version = '9.9.9';
    toy.write('package-lock.json', lock);
    expect(describeChanges(before, inputsOfB('e'))).toEqual([
      'config seed changed: 0 → 1',
      'config b.value changed: 1 → unset',
      'config b.list[1] removed: 2',
      'config b.deep changed: unset → {"x":true}',
      'code of packages/a/src/other.ts changed',
      `sharp changed: ${before.versions.sharp} → 9.9.9`,
      'data of a changed',
    ]);
    expect(fingerprint(before)).not.toBe(fingerprint(inputsOfB()));
  });

  it('a record of an older version, which hashed whole packages, is read', () => {
    const now = inputsOfB();
    const old = { ...now, code: { '@toy/a': 'x', '@toy/b': 'y' }, versions: { sharp: now.versions.sharp! } };
    expect(describeChanges(old, now)).toEqual(['code not compared: recorded by an older version']);
    expect(otherChanges(old, now)).toEqual([]);
    expect(otherChanges({ ...old, versions: { sharp: '0.0.1' } }, now)).toEqual([
      `sharp changed: 0.0.1 → ${now.versions.sharp}`,
    ]);
  });

  it('names three files and counts the others', () => {
    const before = inputsOfB();
    const code = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'x']));
    expect(describeChanges({ ...before, code: {} }, { ...before, code })).toEqual([
      'code of a changed',
      'code of b changed',
      'code of c changed',
      '2 more files changed',
    ]);
  });

  it('a package that is not installed is named', () => {
    toy.write('packages/b/src/stage.ts', "import 'no-such-package';\n");
    expect(() => inputsOfB()).toThrow('not installed: no-such-package, which packages/b imports. run npm install');
  });
});

describe('plan', () => {
  it('says why each task is due', () => {
    const { workspace, pipeline, tasks: all } = tasks();
    const file = loadConfigFile(toy.root, pipeline);
    const digests: Record<string, string> = { a: 'da', b: 'db', c: 'dc' };
    const finish = (index: number) => {
      const task = all[index]!;
      const inputs = taskInputs(workspace, file, task, (id) => digests[id]!);
      toy.write(`${task.out}/run.json`, { key: 'k', stage: task.id, pipeline: 'toy', inputs });
      toy.write(`${task.out}/receipt.json`, { digest: digests[task.id] });
    };
    finish(0);
    finish(1);
    const plan = (text: object) => {
      toy.write('configs/toy.json', text);
      return formatPlan(planTasks(workspace, loadConfigFile(toy.root, pipeline), all));
    };
    expect(plan(config)).toBe('  up to date  a, b\n  c           has no result yet\n');
    finish(2);
    expect(plan({ ...config, c: { value: 2 } })).toBe(
      '  up to date  a, b\n  c           config c.value changed: unset → 2\n',
    );
    expect(plan({ ...config, a: { value: 2 } })).toBe(
      '  a           config a.value changed: unset → 2\n  b           follows a\n  c           follows a\n',
    );
  });

  it('one stage is selected with what it needs', () => {
    const { tasks: all } = tasks();
    expect(select(all, ['b']).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(select(all).length).toBe(3);
    expect(() => select(all, ['z'])).toThrow('unknown stage: z. must be one of: a, b, c');
  });
});
