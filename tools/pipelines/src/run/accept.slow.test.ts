import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { OFFLINE, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import type { RunRecord } from './run-record.ts';

// The real Nx and DVC: a story in one workspace.
const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/b', params: [b], needs: [a] }
  c: { run: '@toy/c', params: [c] }
`;
const config = { seed: 0, a: {}, b: { value: 1 }, c: {} };
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

async function call(command: string, args: string[], folder = '') {
  const started = toy.start('env', [OFFLINE, command, ...args], folder);
  await started.ended;
  return { code: started.code, output: started.output };
}
const main = (...args: string[]) => call('node', ['tools/pipelines/src/main.ts', ...args]);
const accept = (...args: string[]) => main('accept', 'toy', ...args, '--reason', 'a new name');
const record = () => JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out/b/run.json'), 'utf8')) as RunRecord;
const edit = (text: string) => appendFileSync(join(toy.root, 'packages/b/src/stage.ts'), text);

describe.runIf(installed)('accept', { timeout: 300_000 }, () => {
  beforeAll(() => {
    toy = toyWorkspace(['a', 'b', 'c'], yaml, config);
  });
  afterAll(() => toy.remove());

  it('refuses where there are no results, no change, or another change, in one line; and touches nothing', async () => {
    expect(await accept('b')).toEqual({ code: 1, output: 'no results: b. run npm run pipeline -- run toy b\n' });
    expect((await main('run', 'toy')).code).toBe(0);
    const before = record();
    expect(await accept('b')).toEqual({
      code: 1,
      output: 'nothing to accept: the code of b is what made the results\n',
    });
    expect((await accept('z')).output).toBe('unknown stage: z. must be one of: a, b, c\n');
    expect((await main('accept', 'toy', 'b')).output).toMatch(/^missing text: --reason\. usage: .*\n$/);
    edit('export const one = 1;\n');
    toy.write('configs/toy.json', { ...config, b: { value: 2 } });
    expect((await accept('b')).output).toBe(
      'not only code: b: config b.value changed: 1 → 2. run npm run pipeline -- run toy b\n',
    );
    toy.write('configs/toy.json', config);
    expect(record()).toEqual(before);
  });

  it('keeps the results of stages whose code changed: in the record, in MLflow, for Nx and for DVC', async () => {
    const { key, inputs } = record();
    const { code, output } = await accept('a', 'b');
    expect([code, output]).toEqual([
      0,
      `b: accepted, its results count as made by the code of now: code of packages/b/src/stage.ts changed
mlflow: the journals keep the tags: the next run sends them
`,
    ]);
    const how = { reason: 'a new name', changes: ['code of packages/b/src/stage.ts changed'] };
    expect(record()).toMatchObject({ key, accepted: [how] });
    expect(record().inputs.code).not.toEqual(inputs.code);
    const journal = readFileSync(join(toy.root, 'pipelines/toy/out/b/mlflow', key, 'journal.jsonl'), 'utf8');
    expect(JSON.parse(journal.trim().split('\n').at(-1)!)).toMatchObject({
      type: 'tags',
      values: {
        'simclr.accepted.reason': 'a new name',
        'simclr.accepted.by': record().accepted![0]!.by,
        'simclr.accepted.at': record().accepted![0]!.at,
        'simclr.accepted.changes': how.changes[0],
      },
    });
    for (let times = 0; times < 2; times++) {
      const run = await main('run', 'toy');
      expect(run.output).toContain('nothing to do: all 3 stages are up to date');
      expect(run.output).toMatch(/^accepted: b: a new name \(.+, \d{4}-\d\d-\d\d\)$/m);
    }
    expect((await call('dvc', ['repro'], 'pipelines/toy')).output).toContain("Stage 'b' didn't change, skipping");
    expect(record().key).toBe(key);
  });

  it('a later run says so of a stage that did not run; the next change of the code runs it', async () => {
    toy.write('configs/toy.json', { ...config, c: { value: 2 } });
    expect((await main('run', 'toy')).output).toMatch(/^ {2}b {2}accepted +value 1$/m);
    const { key } = record();
    edit('export const two = 1;\n');
    expect((await main('run', 'toy')).output).toMatch(/^ {2}b {2}ran /m);
    expect(record().key).not.toBe(key);
    expect(record().accepted).toBeUndefined();
  });
});
