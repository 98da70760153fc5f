import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, getExperimentByName, getMetricHistory, searchRuns } from '@simclr/mlflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from './definition/workspace.ts';
import { processesWith, realWorkspace } from './testing/real-workspace.ts';
import type { Started, ToyWorkspace } from './testing/toy-workspace.ts';

// A real pretraining through the command line, TensorFlow, Nx, DVC and MLflow: stopped twice, resumed twice.
const bin = join(findRoot(import.meta.dirname), '.venv/bin');
const possible = existsSync(join(bin, 'dvc')) && existsSync(join(bin, 'mlflow')) && existsSync('/proc/self/environ');
if (!possible) console.warn('resume.slow.test.ts skipped: no .venv, or no /proc. run npm run setup');

const MARK = 'SIMCLR_RESUME_TEST';
const STEPS = 676; // 18 images · 300 epochs // 8 + 1
const PUBLISHED = ['encoder.safetensors', 'projection.safetensors', 'history.json', 'encoder.json'];
let toy: ToyWorkspace;
let mark: string;
const out = (path: string) => join(toy.root, 'pipelines/toy/out', path);

const start = (...args: string[]) =>
  toy.start('env', [`${MARK}=${mark}`, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy', ...args]);
const published = () => PUBLISHED.map((file) => readFileSync(out(`pretrain/data/${file}`)));

/** Waits until the stage has logged a step, or the command has ended. */
async function reaches(step: number, started: Started): Promise<void> {
  const dir = out('pretrain/mlflow');
  const logged = () =>
    existsSync(dir) &&
    readdirSync(dir)
      .map((key) => join(dir, key, 'journal.jsonl'))
      .some((journal) => existsSync(journal) && readFileSync(journal, 'utf8').includes(`"step":${step},`));
  while (!logged() && started.code === undefined) await sleep(20);
  expect(started.code, started.output).toBeUndefined();
}

describe.runIf(possible)('a pretraining that is stopped', { timeout: 900_000 }, () => {
  beforeAll(async () => {
    mark = `${process.pid}.${Date.now()}`;
    toy = await realWorkspace({ epochs: 300 });
  });
  afterAll(async () => {
    for (const { pid } of processesWith(MARK, mark)) process.kill(pid, 'SIGKILL');
    await toy.remove();
  });

  it('by SIGINT and by SIGKILL goes on to the weights of one that was not, as one run in MLflow', async () => {
    const first = start();
    await reaches(100, first);
    process.kill(first.pid, 'SIGINT');
    await first.ended;
    expect([first.code, first.output]).toEqual([
      75,
      expect.stringMatching(/pretrain: interrupted: at step \d+ of 676/),
    ]);

    const second = start();
    await reaches(400, second);
    for (const { pid, command } of processesWith(MARK, mark))
      if (!command.includes('mlflow')) process.kill(pid, 'SIGKILL');
    await second.ended;
    expect(second.output).toMatch(/pretrain: resuming at step \d+ of 676/);

    const third = start();
    await third.ended;
    expect([third.code, third.output]).toEqual([0, expect.stringMatching(/pretrain: resuming at step \d+ of 676/)]);
    expect(third.output).toContain('  pretrain    goes on where it was stopped\n');
    const stopped = published();
    expect(readdirSync(out('.sessions'))).toEqual([]);
    expect(readdirSync(out('pretrain'))).not.toContain('work');

    // The server may have been too slow for the end of the run.
    await toy.start('node', ['tools/pipelines/src/main.ts', 'mlflow', 'sync']).ended;
    const { uri } = JSON.parse(readFileSync(join(toy.root, '.mlflow/server.json'), 'utf8')) as { uri: string };
    const client = createClient({ trackingUri: uri });
    const experiment = await getExperimentByName({ client, name: 'toy' });
    const filter = "tags.`simclr.stage` = 'pretrain'";
    const runs = [];
    for await (const run of searchRuns({ client, experimentIds: [experiment!.experimentId], filter })) runs.push(run);
    expect(runs.map(({ info }) => info.status)).toEqual(['FINISHED']);
    const [{ info, params, tags }] = runs as [(typeof runs)[0]];
    expect(params).toMatchObject({ seed: '1', 'pretrain.epochs': '300' });
    expect(Object.keys(params).filter((name) => name.startsWith('machine.'))).toEqual([]);
    expect(tags['machine.precision']).toBe('fp32');
    const steps: number[] = [];
    for await (const { step } of getMetricHistory({ client, runId: info.runId, key: 'train/contrast_loss' }))
      steps.push(step);
    expect(steps).toEqual([...Array.from({ length: 67 }, (_, i) => 10 * (i + 1)), STEPS]);

    // The same again, undisturbed.
    const whole = start('--force', 'pretrain');
    await whole.ended;
    expect([whole.code, whole.output]).toEqual([0, expect.stringMatching(/^pretrain: starts$/m)]);
    expect(whole.output).not.toContain('resuming');
    for (const [i, bytes] of published().entries()) expect(bytes.equals(stopped[i]!), PUBLISHED[i]).toBe(true);
  });
});
