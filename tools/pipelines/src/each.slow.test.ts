import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

// The real Nx and DVC on stages with named values and on stages for each of their items.
const yaml = `name: toy
config: configs/toy.json
stages:
  a: { run: '@toy/a', params: [a], matrix: { value: { low: 1, 'mid.5': 1.5 } } }
  b: { run: '@toy/b', params: [b], needs: [a], each: a }
  c: { run: '@toy/c', params: [c], needs: [b] }
`;
const config = { seed: 0, a: {}, b: { value: 7 }, c: {} };
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

async function call(command: string, args: string[], folder?: string): Promise<string> {
  const started = toy.start(command, args, folder);
  await started.ended;
  expect(started.code, started.output).toBe(0);
  return started.output;
}
// With MLflow out of reach, which is a warning: nothing to stop afterwards.
const run = () =>
  call('env', ['MLFLOW_TRACKING_URI=http://127.0.0.1:9', 'node', 'tools/pipelines/src/main.ts', 'run', 'toy']);
const dvc = (...args: string[]) => call('dvc', args, 'pipelines/toy');
const states = (output: string) =>
  [...output.matchAll(/^ {2}(\S+) +(ran|cached)\b/gm)].map(([, id, state]) => `${id} ${state}`);
const json = (path: string) =>
  JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out', path, 'data/toy.json'), 'utf8'));

beforeAll(() => {
  toy = toyWorkspace(['a', 'b', 'c'], yaml, config);
});
afterAll(() => toy.remove());

describe.runIf(installed)('each, with named values', { timeout: 120_000 }, () => {
  it('runs every item and hands on what its name stands for', async () => {
    expect(states(await run())).toEqual(['a@low ran', 'a@mid.5 ran', 'b@low ran', 'b@mid.5 ran', 'c ran']);
    expect(json('a/mid.5').value).toBe(1.5);
    expect(json('b/mid.5')).toEqual({ value: 7, inputs: { 'a@mid.5': 1.5 } });
    expect(json('c').inputs).toEqual({ 'b@low': 7, 'b@mid.5': 7 });
    expect(await run()).toContain('nothing to do');
    expect(await dvc('status')).toContain('Data and pipelines are up to date');
    const listed = (await dvc('stage', 'list', '--names-only')).trim().split('\n');
    expect(listed).toEqual(['a@low', 'a@mid.5', 'b@low', 'b@mid.5', 'c']);
  });

  it('Nx and DVC have the same DAG', async () => {
    await call('nx', ['graph', '--file=graph.json']);
    const { graph } = JSON.parse(readFileSync(join(toy.root, 'graph.json'), 'utf8'));
    const targets = graph.nodes.toy.data.targets as Record<string, { dependsOn: string[] }>;
    const nx = Object.entries(targets).flatMap(([id, { dependsOn }]) =>
      dependsOn.map((need) => `"${need}" -> "${id}"`),
    );
    const edges = (await dvc('dag', '--dot')).split('\n').filter((line) => line.includes('->'));
    expect(nx.sort()).toEqual(edges.map((line) => line.replace(';', '')).sort());
    expect(nx).toContain('"a@mid.5" -> "b@mid.5"');
  });

  it('a name that stands for something else, and a new one, run with what follows; the others stay', async () => {
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace("'mid.5': 1.5", "'mid.5': 2, high: 3"));
    const output = await run();
    expect(output).toContain('  a@mid.5     config a.value changed: 1.5 → 2\n');
    expect(states(output)).toEqual([
      'a@low cached',
      'a@mid.5 ran',
      'a@high ran',
      'b@low cached',
      'b@mid.5 ran',
      'b@high ran',
      'c ran',
    ]);
    expect(json('b/mid.5').inputs).toEqual({ 'a@mid.5': 2 });
  });

  it('DVC by hand does not run what dvc.yaml says no more', async () => {
    toy.write('pipelines/toy/pipeline.yaml', yaml.replace("'mid.5': 1.5", "'mid.5': 4"));
    const started = toy.start('dvc', ['repro', '--force', 'a@mid.5'], 'pipelines/toy');
    await started.ended;
    expect([started.code !== 0, started.output]).toEqual([
      true,
      expect.stringContaining('out of date: pipelines/toy/dvc.yaml. run npx nx sync'),
    ]);
  });
});
