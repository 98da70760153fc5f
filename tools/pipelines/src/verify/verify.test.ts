import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson, writeManifest } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRun } from '../run/run-record.ts';
import { writeSealed } from '../run/sealed.ts';
import { dataDigest } from '../run/task-folder.ts';
import { makeUpResults, openToy } from '../testing/made-up-results.ts';
import { OFFLINE, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { compareResults, comparisonLines } from './compare.ts';

const PIPELINE = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a] }
  b: { run: '@toy/a', params: [b], needs: [a], matrix: { value: [3, 4] } }
`;

let toy: ToyWorkspace;
const verify = async (...args: string[]) => {
  const child = toy.start('env', [OFFLINE, 'node', 'tools/pipelines/src/main.ts', 'verify', 'toy', ...args]);
  await child.ended;
  return child;
};

/** Results as the toy stage makes them, as if it had been run. */
async function results(change: { value?: number; metric?: number } = {}): Promise<void> {
  await makeUpResults(toy.root);
  const { tasks, folderOf, inputsOf } = await openToy(toy.root);
  for (const { id, stage, values } of tasks) {
    const folder = folderOf(id);
    const value = stage === 'a' ? 1 : (values.value as number);
    writeJson(join(folder.data, 'toy.json'), { value: change.value ?? value, inputs: stage === 'a' ? {} : { a: 1 } });
    toy.write(`pipelines/toy/out/${id.replace('@', '/')}/data/page.html`, '<p>toy</p>');
    writeManifest(folder.data);
    writeJson(folder.metrics, { value });
    const digest = dataDigest(folder);
    writeJson(folder.receipt, { digest });
    const metrics = { value: change.metric ?? value };
    writeSealed(folder.run, { ...readRun(folder.run)!, inputs: inputsOf(id), metrics, digest });
  }
}

beforeEach(() => {
  toy = toyWorkspace(['a'], PIPELINE, { seed: 0, a: {}, b: {} });
});
afterEach(() => toy.remove());

describe('verify', () => {
  it('says that a stage makes the same again, and leaves all as it was', async () => {
    await results();
    // Of one that was killed.
    toy.write('pipelines/toy/out/.verify/4194303/work/x', 'x');
    const record = readFileSync(join(toy.root, 'pipelines/toy/out/b/3/run.json'), 'utf8');
    const { code, output } = await verify('b');
    expect(output).toContain('b@3: the same again: 2 files and all metrics, bit for bit\n');
    expect(output).toContain('b@4: the same again: 2 files and all metrics, bit for bit\n');
    expect(code).toBe(0);
    expect(readFileSync(join(toy.root, 'pipelines/toy/out/b/3/run.json'), 'utf8')).toBe(record);
    expect(readdirSync(join(toy.root, 'pipelines/toy/out/.verify'))).toEqual([]);
    expect(existsSync(join(toy.root, 'pipelines/toy/out/b/3/mlflow'))).toBe(false);
  });

  it('names files and metrics that differ, also for programs', async () => {
    await results({ value: 9, metric: 8 });
    const { code, output } = await verify('b@3');
    expect(output).toContain(
      'b@3: not the same: 1 of 2 files and 1 metrics differ\n  toy.json  other content\n  value     8 → 3\n',
    );
    expect(code).toBe(1);
    const program = 'node tools/pipelines/src/main.ts verify toy b@3 --json 2> /dev/null';
    const json = toy.start('env', [OFFLINE, 'sh', '-c', program]);
    await json.ended;
    expect(JSON.parse(json.output)).toEqual({
      'b@3': {
        same: false,
        files: [{ path: 'toy.json', what: 'other content' }],
        metrics: [{ name: 'value', recorded: 8, again: 3 }],
        compared: 2,
      },
    });
  });

  it('refuses what is not up to date', async () => {
    await results();
    toy.write('configs/toy.json', { seed: 0, a: {}, b: { steps: 3 } });
    const { code, output } = await verify('b@3');
    expect(output).toBe(
      'not up to date: b@3: config b.steps changed: unset → 3. run npm run pipeline -- run toy b@3\n',
    );
    expect(code).toBe(1);
  });
});

it('compares', () => {
  const file = (path: string, sha256: string) => ({ path, sha256, bytes: 1 });
  const manifest = (...files: ReturnType<typeof file>[]) => ({ digest: '', files });
  const found = compareResults(
    {
      manifest: manifest(file('a', '1'), file('b', '1'), file('c', '1')),
      metrics: { 'images_per_second/a': 1, x: 1, y: 2, z: Number.NaN },
    },
    {
      manifest: manifest(file('a', '1'), file('b', '2'), file('d', '1')),
      metrics: { 'images_per_second/a': 2, x: 1, w: 3, z: Number.NaN },
    },
  );
  expect(comparisonLines('s', found)).toEqual([
    's: not the same: 3 of 4 files and 2 metrics differ',
    '  b  other content',
    '  c  not made again',
    '  d  not recorded',
    '  y  2 → none',
    '  w  none → 3',
  ]);
});
