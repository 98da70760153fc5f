import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJson, writeManifest } from '@simclr/stage';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openWorkspace } from '../definition/workspace.ts';
import { fingerprint } from '../inputs/task-inputs.ts';
import { makeUpResults, openToy } from '../testing/made-up-results.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyPackage, toyWorkspace } from '../testing/toy-workspace.ts';
import { explain, whyText } from './why.ts';

/* Stages that no one runs: their results are made up, each as if made from all as it is. */
const PIPELINE = `name: toy
config: configs/toy.json
stages:
  data: { run: '@toy/a', params: [data] }
  train: { run: '@toy/b', params: [train], needs: [data], matrix: { rate: { low: 0.1, high: 0.5 } } }
  test: { run: '@toy/c', params: [test], needs: [data, train], each: train }
  report: { run: '@toy/d', params: [report], needs: [test] }
`;
const CONFIG = {
  seed: 0,
  data: { folder: 'mine', list: ['x', 'y', 'z'] },
  train: { epochs: 3, optimizer: { name: 'sgd', momentum: 0.9 } },
  test: { any: true },
  report: { value: 1 },
};
const IDS = ['data', 'train@low', 'train@high', 'test@low', 'test@high', 'report'];

let toy: ToyWorkspace;
let kept: string;
const at = (path: string) => join(toy.root, path);
const text = (path: string) => readFileSync(at(path), 'utf8');

beforeAll(async () => {
  toy = toyWorkspace(['a', 'b', 'c', 'd'], PIPELINE, CONFIG);
  toy.ownData('a');
  for (const name of ['one', 'two']) toy.write(`mine/${name}.txt`, name);
  toy.write(
    'packages/b/src/loss.ts',
    "import sharp from 'sharp';\nexport const loss = (x: number) => x * x + sharp.length;\n",
  );
  for (const n of [1, 2, 3, 4, 5, 6]) toy.write(`packages/b/src/part${n}.ts`, `export const part${n} = ${n};\n`);
  const parts = [1, 2, 3, 4, 5, 6].map((n) => `import './part${n}.ts';\n`).join('');
  toy.write('packages/b/src/stage.ts', `import './loss.ts';\n${parts}${text('packages/b/src/stage.ts')}`);
  toy.write('packages/c/src/other.ts', text('packages/c/src/stage.ts'));
  await makeUpResults(toy.root);
  kept = mkdtempSync(join(tmpdir(), 'why-'));
  for (const path of ['pipelines', 'configs', 'packages', 'mine', 'package-lock.json'])
    cpSync(at(path), join(kept, path), { recursive: true, preserveTimestamps: true });
});
afterEach(() => {
  for (const path of ['pipelines', 'configs', 'packages', 'mine']) {
    rmSync(at(path), { recursive: true });
    cpSync(join(kept, path), at(path), { recursive: true, preserveTimestamps: true });
  }
  cpSync(join(kept, 'package-lock.json'), at('package-lock.json'));
});
afterAll(async () => {
  rmSync(kept, { recursive: true, force: true });
  await toy.remove();
});

/** Each task that is due, with its reasons. */
async function due(): Promise<Record<string, string[]>> {
  const plan = await explain(openWorkspace(toy.root), 'toy');
  return Object.fromEntries(
    plan.filter(({ reasons }) => reasons.length).map(({ task, reasons }) => [task.id, reasons]),
  );
}

/** Puts the second text in the place of the first, which has to be there. */
function edit(file: string, from: string, to: string): void {
  expect(text(file)).toContain(from);
  toy.write(file, text(file).replace(from, to));
}
const config = (change: object) => toy.write('configs/toy.json', { ...CONFIG, ...change });
const yaml = (from: string, to: string) => edit('pipelines/toy/pipeline.yaml', from, to);
const version = (name: string) => {
  const lock = JSON.parse(text('package-lock.json')) as { packages: Record<string, { version: string }> };
  const locked = lock.packages[`node_modules/${name}`]!;
  const before = locked.version;
  locked.version = '99.0.0';
  toy.write('package-lock.json', lock);
  return before;
};
const versionOf = (name: string) =>
  (JSON.parse(text('package-lock.json')) as { packages: Record<string, { version: string }> }).packages[
    `node_modules/${name}`
  ]!.version;

// What follows from a change of data, and of both items of train.
const afterTrain = {
  'test@low': ['follows train@low'],
  'test@high': ['follows train@high'],
  report: ['follows test@low, test@high'],
};
const both = (...reasons: string[]) => ({ 'train@low': reasons, 'train@high': reasons, ...afterTrain });
const all = (...reasons: string[]) => ({
  data: reasons,
  'train@low': ['follows data'],
  'train@high': ['follows data'],
  'test@low': ['follows data, train@low'],
  'test@high': ['follows data, train@high'],
  report: ['follows test@low, test@high'],
});

const ROWS: [name: string, change: () => void | Promise<void>, due: () => Record<string, string[]>][] = [
  ['a key', () => config({ report: { value: 2 } }), () => ({ report: ['config report.value changed: 1 → 2'] })],
  [
    'a key below another',
    () => config({ train: { epochs: 3, optimizer: { name: 'sgd', momentum: 0.95 } } }),
    () => both('config train.optimizer.momentum changed: 0.9 → 0.95'),
  ],
  [
    'a key that is new',
    () => config({ report: { value: 1, fail: true } }),
    () => ({ report: ['config report.fail changed: unset → true'] }),
  ],
  [
    'a key that is gone',
    () => config({ test: {} }),
    () => ({
      'test@low': ['config test.any changed: true → unset'],
      'test@high': ['config test.any changed: true → unset'],
      report: ['follows test@low, test@high'],
    }),
  ],
  ['a default that is written out', () => config({ report: { value: 1, fail: false } }), () => ({})],
  ['a default that is left out', () => config({ report: {} }), () => ({})],
  [
    'true becomes 1',
    () => config({ test: { any: 1 } }),
    () => ({
      'test@low': ['config test.any changed: true → 1'],
      'test@high': ['config test.any changed: true → 1'],
      report: ['follows test@low, test@high'],
    }),
  ],
  [
    'an element of a list',
    () => config({ data: { folder: 'mine', list: ['x', 'q', 'z'] } }),
    () => all('config data.list[1] changed: "y" → "q"'),
  ],
  [
    'the seed',
    () => config({ seed: 7 }),
    () =>
      Object.fromEntries(
        Object.entries(all()).map(([id, follows]) => [id, ['config seed changed: 0 → 7', ...follows]]),
      ),
  ],
  [
    'two keys at once',
    () => config({ report: { value: 2, steps: 9 } }),
    () => ({ report: ['config report.value changed: 1 → 2', 'config report.steps changed: unset → 9'] }),
  ],
  [
    'what a value of the matrix stands for',
    () => yaml('low: 0.1', 'low: 0.2'),
    () => ({
      'train@low': ['config train.rate changed: 0.1 → 0.2'],
      'test@low': ['follows train@low'],
      report: ['follows test@low'],
    }),
  ],
  [
    'an item more',
    () => yaml('high: 0.5', 'high: 0.5, top: 1'),
    () => ({
      'train@top': ['has no result yet'],
      'test@top': ['has no result yet'],
      report: ['needs test@top now', 'follows test@top'],
    }),
  ],
  ['an item less', () => yaml(', high: 0.5', ''), () => ({ report: ['needs test@high no more'] })],
  [
    'a need more',
    () => yaml('params: [report], needs: [test]', 'params: [report], needs: [test, data]'),
    () => ({ report: ['needs data now'] }),
  ],
  [
    'a need less',
    () => yaml('needs: [data, train], each: train', 'needs: [train], each: train'),
    () => ({
      'test@low': ['needs data no more'],
      'test@high': ['needs data no more'],
      report: ['follows test@low, test@high'],
    }),
  ],
  [
    'another package',
    () => yaml("run: '@toy/d'", "run: '@toy/c'"),
    () => ({ report: ['code of packages/d/src/stage.ts changed', 'code of packages/c/src/stage.ts changed'] }),
  ],
  [
    'another entry of a package',
    () => toy.write('packages/c/package.json', toyPackage('c', {}, { './stage': './src/other.ts' })),
    () => {
      const reasons = ['code of packages/c/src/stage.ts changed', 'code of packages/c/src/other.ts changed'];
      return { 'test@low': reasons, 'test@high': reasons, report: ['follows test@low, test@high'] };
    },
  ],
  [
    'a function',
    () => edit('packages/b/src/loss.ts', 'x * x', 'x * x * x'),
    () => both('code of packages/b/src/loss.ts changed'),
  ],
  [
    'six files',
    () => [1, 2, 3, 4, 5, 6].map((n) => edit(`packages/b/src/part${n}.ts`, `= ${n}`, `= ${n + 1}`)),
    () => both(...[1, 2, 3, 4, 5, 6].map((n) => `code of packages/b/src/part${n}.ts changed`)),
  ],
  ['a package', () => version('sharp'), () => both(`sharp changed: ${versionOf('sharp')} → 99.0.0`)],
  [
    'a package that another one needs',
    () => version('detect-libc'),
    () => both(`detect-libc changed: ${versionOf('detect-libc')} → 99.0.0`),
  ],
  [
    'a file of own data',
    () => toy.write('mine/one.txt', 'changed'),
    () => all('own data changed: mine: 1 edited (one.txt)'),
  ],
  [
    'files of own data that come and go',
    () => {
      rmSync(at('mine/one.txt'));
      toy.write('mine/three.txt', 'three');
    },
    () => all('own data changed: mine: 1 added (three.txt), 1 removed (one.txt)'),
  ],
  [
    'data that are cut off',
    () => truncateSync(at('pipelines/toy/out/report/data/toy.json'), 3),
    () => ({ report: ['data damaged: toy.json has 3 bytes, not 23'] }),
  ],
  [
    'data of which a file is gone',
    () => rmSync(at('pipelines/toy/out/report/data/toy.json')),
    () => ({ report: ['data damaged: toy.json is gone'] }),
  ],
  [
    'data that were made by hand',
    () => {
      toy.write('pipelines/toy/out/data/data/toy.json', { made: 'anew' });
      writeManifest(at('pipelines/toy/out/data/data'));
    },
    () => ({
      ...both('data of data changed'),
      'test@low': ['data of data changed', 'follows train@low'],
      'test@high': ['data of data changed', 'follows train@high'],
    }),
  ],
  ['no result', () => rmSync(at('pipelines/toy/out/report/run.json')), () => ({ report: ['has no result yet'] })],
  [
    'a stage that was stopped',
    async () => {
      config({ report: { value: 2 } });
      const { folderOf, inputsOf } = await openToy(toy.root);
      writeJson(folderOf('report').state, { fingerprint: fingerprint(inputsOf('report')), key: 'k', process: {} });
    },
    () => ({ report: ['goes on where it was stopped'] }),
  ],
];

describe('why', () => {
  it('nothing would run, once all was made', async () => {
    expect(await due()).toEqual({});
    expect(whyText('toy', await explain(openWorkspace(toy.root), 'toy'))).toBe(
      'toy: none of 6 would run: up to date\n',
    );
  });

  it.each(ROWS)('%s', async (_name, change, expected) => {
    const wanted = (() => expected())();
    await change();
    expect(await due()).toEqual(wanted);
  });

  it('tells the user, or a program, of some stages and what they need; starts nothing', async () => {
    config({ train: { epochs: 5 }, report: { value: 2 } });
    const why = (...args: string[]) =>
      outputOf(toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'why', 'toy', ...args]));
    expect(await why('test@low')).toBe(
      'toy: 2 of 3 would run\n  train@low  config train.epochs changed: 3 → 5\n             config train.optimizer changed: {"name":"sgd","momentum":0.9} → unset\n  test@low   follows train@low\n',
    );
    const json = JSON.parse(await why('--json')) as { tasks: { id: string; due: boolean; reasons: string[] }[] };
    expect(json.tasks.map(({ id }) => id)).toEqual(IDS);
    expect(json.tasks.at(-1)).toMatchObject({
      due: true,
      reasons: ['config report.value changed: 1 → 2', 'follows test@low, test@high'],
    });
    expect(json.tasks[0]).toEqual({ id: 'data', due: false, reasons: [] });
    expect(existsSync(at('pipelines/toy/out/.sessions'))).toBe(false);
    expect(existsSync(at('.nx'))).toBe(false);
  });
});
