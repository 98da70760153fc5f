import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { realWorkspace } from './testing/real-workspace.ts';
import { missingSlurm, startSlurm, type ToySlurm } from './testing/toy-slurm.ts';
import { OFFLINE, outputOf, type Started, type ToyWorkspace } from './testing/toy-workspace.ts';

// The quickstart's pipeline and its stages, on a few pictures, as jobs of Slurm.
const ours = findRoot(import.meta.dirname);
const missing = existsSync(join(ours, '.venv/bin/dvc')) ? missingSlurm() : 'skipped, as DVC is not installed';
if (missing) console.log(`slurm-training.slow.test.ts: ${missing}`);

let toy: ToyWorkspace;
let slurm: ToySlurm;
const out = (path: string) => join(toy.root, 'pipelines/toy/out', path);
const run = (launcher: string, ...args: string[]) => {
  const environment = [OFFLINE, `LAUNCHER=${launcher}`, `SLURM_CONF=${slurm.env.SLURM_CONF}`];
  return toy.start('env', [...environment, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy', ...args]);
};
const digest = (id: string) => JSON.parse(readFileSync(out(`${id}/data/manifest.json`), 'utf8')).digest as string;

/** Waits until the stage `pretrain` has a checkpoint, or the command has ended. */
async function hasCheckpoint(started: Started): Promise<void> {
  while (!existsSync(out('pretrain/work/checkpoint.safetensors')) && started.code === undefined) await sleep(20);
  expect(started.code, started.output).toBeUndefined();
}

describe.skipIf(missing)("the quickstart's pipeline through Slurm", { timeout: 1_200_000 }, () => {
  beforeAll(async () => {
    // One of them is lost on the way.
    slurm = await startSlurm(2);
    toy = await realWorkspace({ epochs: 300 });
    const config = JSON.parse(readFileSync(join(toy.root, 'configs/toy.json'), 'utf8'));
    const [photos] = config.ingest.datasets as [object];
    const dataset = JSON.stringify([photos, { ...photos, name: 'others' }]);
    const yaml = readFileSync(join(ours, 'pipelines/quickstart/pipeline.yaml'), 'utf8')
      .replaceAll('quickstart', 'toy')
      .replace('[fashion-mnist, digits]', dataset)
      .replaceAll('fashion-mnist', 'photos')
      .replaceAll('digits', 'others');
    toy.write('pipelines/toy/pipeline.yaml', yaml);
    const evaluation = { l2s: [1], labelFractions: [1] };
    toy.write('configs/toy.json', {
      ...{ seed: 1, ingest: {}, augment: { policy: 'crop|flip', preview: 2 }, pretrain: config.pretrain, features: {} },
      ...{ linearEval: evaluation, transfer: evaluation, report: { title: 'toy' } },
    });
  });
  afterAll(async () => {
    await slurm?.stop();
    await toy?.remove();
  });

  it('whose node dies as it trains, comes to the results of one that nothing disturbed; a second run has nothing to do', async () => {
    const started = run('slurm');
    await hasCheckpoint(started);
    slurm.killNode(/^pretrain: job \d+ of slurm runs on (n\d)/m.exec(started.output)![1]!);
    const output = await outputOf(started);
    expect(output).toMatch(/pretrain: job \d+ of slurm runs on n\d, started anew 1 times/);
    expect(output).toMatch(/pretrain: resuming at step \d+ of 676/);
    const digests = () =>
      ['ingest/photos', 'pretrain', 'features/photos', 'linear-eval', 'transfer/others'].map(digest);
    const made = digests();
    expect(await outputOf(run('slurm'))).toContain('nothing to do: all 9 stages are up to date');

    const whole = await outputOf(run('local', '--from', 'ingest'));
    expect(whole).toMatch(/^pretrain: starts$/m);
    expect(whole).not.toMatch(/resuming|slurm/);
    expect(digests()).toEqual(made);
  });
});
