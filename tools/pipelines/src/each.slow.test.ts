import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace, toyWorkspace } from './testing/toy-workspace.ts';

// The real Nx and DVC on two datasets times two encoders: a story in one workspace. Each stage's data are those of all it needs.
const yaml = (datasets: string[]) => `name: toy
config: configs/toy.json
stages:
  ingest:   { run: '@toy/a', params: [ingest], matrix: { folder: [${datasets.join(', ')}] } }
  augment:  { run: '@toy/b', params: [augment], needs: [ingest@photos] }
  pretrain:
    run: '@toy/b'
    params: [pretrain]
    needs: [ingest@photos, augment]
    matrix: { item: { cold: low, '0.5': high } }
  features: { run: '@toy/b', params: [features], needs: [ingest, pretrain], each: [ingest, pretrain] }
  transfer: { run: '@toy/b', params: [transfer], needs: [features], each: features }
  report:   { run: '@toy/b', params: [report], needs: [pretrain, transfer] }
`;
const joining = `import { readFileSync } from 'node:fs';
import { defineStage, writeJson, z } from '@simclr/stage';

export default defineStage({
  name: 'join',
  config: z.strictObject({ item: z.string().optional() }),
  async run({ config, inputs, out }) {
    const given = inputs.dataset.map(({ task, folder }) => [task, JSON.parse(readFileSync(folder + '/toy.json', 'utf8'))]);
    writeJson(out + '/toy.json', { ...config, ...Object.fromEntries(given) });
    return { metrics: {} };
  },
});
`;
const BOTH = ['photos', 'drawings.2'];

const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

const call = (...command: Parameters<ToyWorkspace['start']>) => outputOf(toy.start(...command));
const main = [OFFLINE, 'node', 'tools/pipelines/src/main.ts'];
const run = () => call('env', [...main, 'run', 'toy']);
const dvc = (...args: string[]) => call('dvc', args, 'pipelines/toy');
const ran = (output: string) => [...output.matchAll(/^ {2}(\S+) +ran\b/gm)].map(([, id]) => id);
const executed = (output: string) => [...output.matchAll(/^(\S+): done in/gm)].map(([, id]) => id).sort();
const made = (task: string) =>
  JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out', task, 'data/toy.json'), 'utf8'));
const takes = (...datasets: string[]) => toy.write('pipelines/toy/pipeline.yaml', yaml(datasets));
const itemsOf = (stage: string, ...datasets: string[]) =>
  datasets.flatMap((name) => ['cold', '0.5'].map((encoder) => `${stage}@${name}-${encoder}`));
/** What follows from a dataset: the tasks with it, and the report. */
const column = (name: string) => [
  `ingest@${name}`,
  ...itemsOf('features', name),
  ...itemsOf('transfer', name),
  'report',
];

describe.runIf(installed)('datasets times encoders', { timeout: 600_000 }, () => {
  beforeAll(() => {
    toy = toyWorkspace(['a', 'b'], yaml(BOTH), {
      ...{ seed: 0, ingest: {}, augment: {}, pretrain: {} },
      ...{ features: {}, transfer: {}, report: {} },
    });
    toy.ownData('a');
    toy.write('packages/b/src/stage.ts', joining);
    for (const name of [...BOTH, 'birds']) toy.write(`${name}/1.png`, `a picture of ${name}`);
  });
  afterAll(() => toy.remove());

  it('runs for every combination, on its inputs', async () => {
    expect(ran(await run())).toEqual([
      ...BOTH.map((name) => `ingest@${name}`),
      'augment',
      'pretrain@cold',
      'pretrain@0.5',
      ...itemsOf('features', ...BOTH),
      ...itemsOf('transfer', ...BOTH),
      'report',
    ]);
    const ingest = (name: string) => ({ value: 1, inputs: {}, own: [`a picture of ${name}`] });
    const [photos, augment] = [ingest('photos'), { 'ingest@photos': ingest('photos') }];
    for (const name of BOTH)
      for (const [encoder, item] of Object.entries({ cold: 'low', '0.5': 'high' })) {
        const pretrained = { item, 'ingest@photos': photos, augment };
        const features = { [`ingest@${name}`]: ingest(name), [`pretrain@${encoder}`]: pretrained };
        expect(made(`features/${name}-${encoder}`)).toEqual(features);
        expect(made(`transfer/${name}-${encoder}`)).toEqual({ [`features@${name}-${encoder}`]: features });
      }
    expect(Object.keys(made('report')).sort()).toEqual(
      ['pretrain@cold', 'pretrain@0.5', ...itemsOf('transfer', ...BOTH)].sort(),
    );
  });

  it('is up to date then, to Nx and to DVC, which have the same DAG', async () => {
    expect(await run()).toContain('nothing to do: all 14 stages are up to date');
    // The stage that looks first is always due.
    expect([...(await dvc('status')).matchAll(/^(\S+):$/gm)].map(([, id]) => id)).toEqual(['own-data']);
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
    expect(nx).toContain('"features@drawings.2-0.5" -> "transfer@drawings.2-0.5"');
    await call('nx', ['sync:check']);
  });

  it("another image of one dataset runs that dataset's tasks and the report alone, by hand in DVC", async () => {
    toy.write('drawings.2/1.png', 'another picture');
    expect(executed(await dvc('repro'))).toEqual(column('drawings.2').sort());
    expect(await run()).toContain('nothing to do');
  });

  it('one dataset less runs the report, one more its own tasks and the report', async () => {
    takes('photos');
    expect(ran(await run())).toEqual(['report']);
    takes('photos', 'birds');
    expect(ran(await run())).toEqual(column('birds'));
  });

  it('is cached by item: what was made for other values comes back without running', async () => {
    takes(...BOTH);
    rmSync(join(toy.root, 'pipelines/toy/out'), { recursive: true });
    expect(ran(await run())).toEqual([]);
    expect(made('features/drawings.2-cold')['ingest@drawings.2'].own).toEqual(['another picture']);
  });

  it('DVC by hand does not run what dvc.yaml says no more', async () => {
    takes('photos', 'birds');
    const started = toy.start('dvc', ['repro', '--force', 'ingest@photos'], 'pipelines/toy');
    await started.ended;
    expect([started.code !== 0, started.output]).toEqual([
      true,
      expect.stringContaining('out of date: pipelines/toy/dvc.yaml. run npx nx sync'),
    ]);
  });
});
