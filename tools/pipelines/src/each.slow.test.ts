import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { outputOf, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

// The real Nx and DVC on two datasets times two encoders: a story in one workspace.
const yaml = `name: toy
config: configs/toy.json
stages:
  data:    { run: '@toy/a', params: [data], matrix: { value: { cats: 1, 'dogs.5': 2 } } }
  encoder: { run: '@toy/b', params: [encoder], needs: [data@cats], matrix: { steps: [2, 3] } }
  probe:   { run: '@toy/c', params: [probe], needs: [data, encoder], each: [data, encoder] }
  report:  { run: '@toy/b', params: [report], needs: [probe] }
`;
const config = { seed: 0, data: {}, encoder: { value: 7 }, probe: {}, report: {} };
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

const call = (...command: Parameters<ToyWorkspace['start']>) => outputOf(toy.start(...command));
const main = ['MLFLOW_TRACKING_URI=http://127.0.0.1:9', 'node', 'tools/pipelines/src/main.ts'];
const run = () => call('env', [...main, 'run', 'toy']);
const sync = () => call('env', [...main, 'sync']);
const dvc = (...args: string[]) => call('dvc', args, 'pipelines/toy');
const ran = (output: string) => [...output.matchAll(/^ {2}(\S+) +ran\b/gm)].map(([, id]) => id);
const executed = (output: string) => [...output.matchAll(/^(\S+): done in/gm)].map(([, id]) => id).sort();
const json = (path: string) =>
  JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out', path, 'data/toy.json'), 'utf8'));
const change = (from: string, to: string) => toy.write('pipelines/toy/pipeline.yaml', yaml.replace(from, to));

const probes = ['probe@cats-2', 'probe@cats-3', 'probe@dogs.5-2', 'probe@dogs.5-3'];

describe.runIf(installed)('each of several stages', { timeout: 240_000 }, () => {
  beforeAll(() => {
    toy = toyWorkspace(['a', 'b', 'c'], yaml, config);
  });
  afterAll(() => toy.remove());

  it('runs for every combination, on its inputs', async () => {
    expect(ran(await run())).toEqual(['data@cats', 'data@dogs.5', 'encoder@2', 'encoder@3', ...probes, 'report']);
    expect(json('probe/dogs.5-3').inputs).toEqual({ 'data@dogs.5': 2, 'encoder@3': 7 });
    expect(json('encoder/3').inputs).toEqual({ 'data@cats': 1 });
    expect(Object.keys(json('report').inputs)).toEqual(probes);
  });

  it('is up to date then, to Nx and to DVC, which have the same DAG', async () => {
    expect(await run()).toContain('nothing to do: all 9 stages are up to date');
    // The stage that looks first is always due.
    expect([...(await dvc('status')).matchAll(/^(\S+):$/gm)].map(([, id]) => id)).toEqual(['own-data']);
    expect(executed(await dvc('repro'))).toEqual([]);
    await call('nx', ['graph', '--file=graph.json']);
    const { graph } = JSON.parse(readFileSync(join(toy.root, 'graph.json'), 'utf8'));
    const targets = graph.nodes.toy.data.targets as Record<string, { dependsOn: string[] }>;
    const nx = Object.entries(targets).flatMap(([id, { dependsOn }]) =>
      dependsOn.map((need) => `"${need}" -> "${id}"`),
    );
    const edges = (await dvc('dag', '--dot'))
      .split('\n')
      .filter((line) => /->/.test(line) && !line.includes('own-data'));
    expect(nx.sort()).toEqual(edges.map((line) => line.replace(';', '')).sort());
    expect(nx).toContain('"data@dogs.5" -> "probe@dogs.5-3"');
  });

  it("another value of one dataset runs that dataset's column alone, by hand in DVC", async () => {
    const column = ['data@dogs.5', 'probe@dogs.5-2', 'probe@dogs.5-3', 'report'];
    change("'dogs.5': 2", "'dogs.5': 4");
    await sync();
    expect(executed(await dvc('repro'))).toEqual(column);
    expect(json('probe/dogs.5-2').inputs).toEqual({ 'data@dogs.5': 4, 'encoder@2': 7 });
    expect(await run()).toContain('nothing to do');
  });

  it('one more dataset runs its own tasks and the report, one less the report', async () => {
    change("'dogs.5': 2", "'dogs.5': 4, birds: 5");
    const output = await run();
    expect(ran(output)).toEqual(['data@birds', 'probe@birds-2', 'probe@birds-3', 'report']);
    change("'dogs.5': 2", "'dogs.5': 4");
    // Of these tasks Nx and DVC still have the results, all but the last.
    const less = await run();
    expect(ran(less)).toEqual([]);
    expect(Object.keys(json('report').inputs)).toEqual(probes);
  });

  it('is cached by item: what was made for other values comes back without running', async () => {
    change('', '');
    rmSync(join(toy.root, 'pipelines/toy/out'), { recursive: true });
    expect(ran(await run())).toEqual([]);
    expect(json('probe/dogs.5-3').inputs).toEqual({ 'data@dogs.5': 2, 'encoder@3': 7 });
  });

  it('DVC by hand does not run what dvc.yaml says no more', async () => {
    change("'dogs.5': 2", "'dogs.5': 2, mice: 8");
    const started = toy.start('dvc', ['repro', '--force', 'data@cats'], 'pipelines/toy');
    await started.ended;
    expect([started.code !== 0, started.output]).toEqual([
      true,
      expect.stringContaining('out of date: pipelines/toy/dvc.yaml. run npx nx sync'),
    ]);
  });
});
