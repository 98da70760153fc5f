import { copyFileSync, cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { realWorkspace } from './testing/real-workspace.ts';
import { OFFLINE, outputOf, type ToyWorkspace } from './testing/toy-workspace.ts';

// Our stages, Nx and DVC on two datasets times two encoders, small ones: a story in one workspace.
const yaml = (datasets: string[]) => `name: toy
config: configs/toy.json
stages:
  ingest:   { run: '@simclr/ingest', params: [ingest], matrix: { dataset: [${datasets.map(dataset).join(', ')}] } }
  augment:  { run: '@simclr/augment', params: [augment], needs: [ingest@photos] }
  pretrain:
    run: '@simclr/pretrain'
    params: [pretrain]
    needs: [ingest@photos, augment]
    matrix: { objective: { cold: { kind: nt_xent, temperature: 0.1 }, '0.5': { kind: nt_xent, temperature: 0.5 } } }
  features: { run: '@simclr/features', params: [features], needs: [ingest, pretrain], each: [ingest, pretrain] }
  transfer: { run: '@simclr/transfer', params: [transfer], needs: [features], each: features }
  report:   { run: '@simclr/report', params: [report], needs: [pretrain, transfer] }
`;
const dataset = (name: string) => `{ name: ${name}, folder: ${name}, size: 16, testFraction: 0.25 }`;
const STUDY = { source: 'none', finding: 'none', differs: 'in all' };
const BOTH = ['photos', 'drawings.2'];

const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
let toy: ToyWorkspace;

const call = (...command: Parameters<ToyWorkspace['start']>) => outputOf(toy.start(...command));
const main = [OFFLINE, 'node', 'tools/pipelines/src/main.ts'];
const run = () => call('env', [...main, 'run', 'toy']);
const dvc = (...args: string[]) => call('dvc', args, 'pipelines/toy');
const ran = (output: string) => [...output.matchAll(/^ {2}(\S+) +ran\b/gm)].map(([, id]) => id);
const executed = (output: string) => [...output.matchAll(/^(\S+): done in/gm)].map(([, id]) => id).sort();
const read = (task: string, file: string) =>
  JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out', task, 'data', file), 'utf8'));
const results = (item: string) => read(`transfer/${item}`, 'results.json').rows as { dataset: string }[];
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
  beforeAll(async () => {
    toy = await realWorkspace({ epochs: 1 });
    const { seed, augment, pretrain } = JSON.parse(readFileSync(join(toy.root, 'configs/toy.json'), 'utf8'));
    const rest = { features: { baselines: false }, transfer: { l2s: [1], knn: { k: 3 } }, report: { study: STUDY } };
    toy.write('configs/toy.json', { seed, ingest: {}, augment, pretrain, ...rest });
    for (const name of ['drawings.2', 'birds'])
      cpSync(join(toy.root, 'photos'), join(toy.root, name), { recursive: true });
    takes(...BOTH);
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
    const encoderOf = (item: string) => read(`features/${item}`, 'features.json').encoder.digest as string;
    expect(encoderOf('drawings.2-cold')).toBe(encoderOf('photos-cold'));
    expect(encoderOf('drawings.2-cold')).not.toBe(encoderOf('drawings.2-0.5'));
    for (const name of BOTH) expect(new Set(results(`${name}-0.5`).map((row) => row.dataset))).toEqual(new Set([name]));
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
  });

  it("another image of one dataset runs that dataset's tasks and the report alone, by hand in DVC", async () => {
    const [light, dark] = ['light', 'dark'].map((name) => join(toy.root, 'drawings.2', name, '3.png')) as [
      string,
      string,
    ];
    copyFileSync(dark, light);
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
    expect(results('drawings.2-cold').length).toBeGreaterThan(0);
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
