import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { realWorkspace } from './testing/real-workspace.ts';
import type { ToyWorkspace } from './testing/toy-workspace.ts';

// The DAG of pipelines/transfer-suite-lite, small, through the command line: datasets × seeds of an encoder, one dataset missing.
const installed = existsSync(join(findRoot(import.meta.dirname), '.venv/bin/dvc'));
if (!installed) console.warn('transfer-suite.slow.test.ts skipped: no .venv. run npm run setup');

const pipeline = (later: string) => `name: toy
config: configs/toy.json
stages:
  ingest:
    run: '@simclr/ingest'
    params: [ingest]
    matrix: { dataset: [{ name: photos, folder: photos, size: 16, testFraction: 0.25 }, { name: later, folder: ${later}, size: 16, testFraction: 0.5 }] }
  augment:  { run: '@simclr/augment',  params: [augment],  needs: [ingest@photos] }
  pretrain: { run: '@simclr/pretrain', params: [pretrain], needs: [ingest@photos, augment], matrix: { objective: { ours: { kind: nt_xent } }, seed: [1, 2] } }
  features: { run: '@simclr/features', params: [features], needs: [ingest, pretrain], each: [ingest, pretrain] }
  transfer: { run: '@simclr/transfer', params: [transfer], needs: [features], each: features }
  finetune: { run: '@simclr/finetune', params: [finetune], needs: [ingest@photos, pretrain], each: pretrain }
  report:   { run: '@simclr/report',   params: [report],   needs: [ingest, pretrain, features, transfer, finetune] }
`;
const ENCODERS = ['ours-1', 'ours-2'];
const of = (stage: string, dataset: string) => ENCODERS.map((name) => `${stage}@${dataset}-${name}`);
const TABLES = ['table.csv', 'table.json', 'table.md', 'table.tex', 'summary.txt', 'report.html'];

let toy: ToyWorkspace;
let kept: string;
const main = ['MLFLOW_TRACKING_URI=http://127.0.0.1:9', 'node', 'tools/pipelines/src/main.ts'];
const start = (...args: string[]) => toy.start('env', [...main, 'run', 'toy', ...args]);
async function run(...args: string[]): Promise<string> {
  const started = start(...args);
  await started.ended;
  expect(started.code, started.output).toBe(0);
  return started.output;
}
const ran = (output: string) => [...output.matchAll(/^ {2}(\S+) +(?:ran|resumed)\b/gm)].map(([, id]) => id);
const report = (file: string) => join(toy.root, 'pipelines/toy/out/report/data', file);
const read = (file: string) => readFileSync(report(file), 'utf8');
const keep = () => {
  for (const file of TABLES) cpSync(report(file), join(kept, file));
};
/** How fast features were extracted is another figure each time. */
const untimed = (text: string) => text.replaceAll(/(?<=<td class="measured">)[\d,.]+/g, '');
const asKept = () => TABLES.filter((file) => untimed(readFileSync(join(kept, file), 'utf8')) !== untimed(read(file)));
const strengths = (l2s: number[]) => {
  const config = JSON.parse(readFileSync(join(toy.root, 'configs/toy.json'), 'utf8'));
  toy.write('configs/toy.json', { ...config, transfer: { ...config.transfer, l2s } });
};

describe.runIf(installed)('a suite of datasets and encoders', { timeout: 1_800_000 }, () => {
  beforeAll(async () => {
    kept = mkdtempSync(join(tmpdir(), 'tables-'));
    toy = await realWorkspace({});
    toy.write('pipelines/toy/pipeline.yaml', pipeline('later'));
    const config = JSON.parse(readFileSync(join(toy.root, 'configs/toy.json'), 'utf8'));
    const { dataset: _, ...pretrain } = config.pretrain;
    toy.write('configs/toy.json', {
      seed: 1,
      ingest: { missing: 'name' },
      augment: { policy: 'crop|flip', preview: 2 },
      pretrain: { ...pretrain, epochs: 2 },
      features: {},
      transfer: { l2s: [0.1, 10], knn: { k: 3 } },
      finetune: { weights: ['pretrained'], grid: { learningRates: [0.1], weightDecays: [0], steps: 4, batch: 6 } },
      report: { title: 'Small', table8: { hardest: 2, bootstrap: 200 } },
    });
  });
  afterAll(async () => {
    rmSync(kept, { recursive: true });
    await toy.remove();
  });

  it('names what is missing, and ends with the table, a row for the seeds of an encoder', async () => {
    const output = await run();
    const { length } = ran(output);
    // Two datasets, views, two encoders, features and results of both datasets, fine-tuning on one, the report.
    expect(length).toBe(2 + 1 + 2 + 4 + 4 + 2 + 1);
    expect(output).toContain(read('summary.txt'));
    expect(read('summary.txt')).toMatch(/^ours +\d+\.\d. +–$/m);
    expect(read('summary.txt').replace(/\s+/g, ' ')).toContain(
      '! missing: later (later) is not here. put the images at later',
    );
    const data: { encoder: string; dataset: string; repetitions: number; score: number | null }[] = JSON.parse(
      read('table.json'),
    );
    expect(data.filter(({ encoder, dataset }) => encoder === 'ours' && dataset === 'photos')).toEqual(
      expect.arrayContaining([expect.objectContaining({ protocol: 'linear', repetitions: 2 })]),
    );
    expect(data.filter(({ dataset }) => dataset === 'later').every(({ score }) => score === null)).toBe(true);
    expect(read('report.html').match(/<td class="measured">[\d,.]+<\/td>/g)).toHaveLength(2);
    const metrics = JSON.parse(readFileSync(join(toy.root, 'pipelines/toy/out/report/metrics.json'), 'utf8'));
    expect(Object.keys(metrics)).toEqual(
      expect.arrayContaining(['linear/all_labels/ours/photos', 'linear/all_labels/ours/photos_se']),
    );
  });

  it('is up to date then, and shows the table again', async () => {
    const output = await run();
    expect(output).toContain('nothing to do: all 16 stages are up to date');
    expect(output).toContain(read('summary.txt'));
  });

  it('takes a dataset once it is there: its own tasks and the report run', async () => {
    cpSync(join(toy.root, 'photos'), join(toy.root, 'later'), { recursive: true });
    expect(ran(await run())).toEqual([
      'ingest@later',
      ...of('features', 'later'),
      ...of('transfer', 'later'),
      'report',
    ]);
    expect(read('summary.txt')).not.toContain('missing');
    keep();
  });

  it('names it again when it is gone, and has the numbers back with it', async () => {
    renameSync(join(toy.root, 'later'), join(toy.root, 'elsewhere'));
    await run();
    expect(read('summary.txt')).toContain('! missing: later');
    renameSync(join(toy.root, 'elsewhere'), join(toy.root, 'later'));
    await run();
    expect(asKept()).toEqual([]);
  });

  it('interrupted and run again with other strengths it extracts no feature, and has the table of an undisturbed run', async () => {
    strengths([1, 100]);
    const started = start();
    while (!/transfer@\S+: done/.test(started.output) && started.code === undefined) await sleep(20);
    process.kill(started.pid, 'SIGINT');
    await started.ended;
    expect(started.code, started.output).toBe(75);
    const output = await run();
    expect(
      [...started.output.matchAll(/^(\S+): starts/gm), ...output.matchAll(/^(\S+): starts/gm)].map(
        ([, id]) => id!.split('@')[0],
      ),
    ).not.toContain('features');
    keep();
    expect(ran(await run('--force', 'transfer', '--force', 'report'))).toHaveLength(4 + 1);
    expect(asKept()).toEqual([]);
  });
});
