import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  createClient,
  ensureServer,
  getExperimentByName,
  getMetricHistory,
  type Run,
  searchRuns,
  waitReady,
} from '@simclr/mlflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRoot } from '../definition/workspace.ts';
import { processesWith } from '../testing/real-workspace.ts';
import { outputOf, type ToyWorkspace, toyWorkspace } from '../testing/toy-workspace.ts';
import { serverFolder } from './mlflow-server.ts';

/** How a run ends, as MLflow's own server then has it. `MLFLOW_TEST_ROUNDS=10` does each so often. */
const rounds = Number(process.env.MLFLOW_TEST_ROUNDS ?? 1);
const yaml = "name: toy\nconfig: configs/toy.json\nstages:\n  a: { run: '@toy/a', params: [a] }\n";
const STEPS = 20;

// Logs a curve and ends as its config says; `wait` stands in the middle of it until it is told to stop, the first time.
const stage = `import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineStage, Interrupted, z } from '@simclr/stage';

export default defineStage({
  name: 'toy',
  config: z.strictObject({ how: z.string() }),
  async run({ config: { how }, out, work, log, signal }) {
    for (let step = 0; step <= ${STEPS}; step++) {
      log.metrics({ loss: 1 / (step + 1) }, step);
      if (step !== 10) continue;
      if (how === 'throw') throw new Error('loss is NaN', { cause: new Error('lr is 100') });
      if (how === 'exit') process.exit(3);
      if (how === 'uncaught') setImmediate(() => { throw new TypeError('no such layer'); });
      const all = [];
      while (how === 'memory') all.push(new Array(1000).fill({}));
      if (how === 'uncaught') await sleep(60_000);
      if (how !== 'wait' || existsSync(work + '/waited')) continue;
      writeFileSync(work + '/waited', '');
      log.info('waits');
      while (!signal.aborted) await sleep(20);
      throw new Interrupted();
    }
    writeFileSync(out + '/made', '');
    return { metrics: { loss: 0 } };
  },
});
`;

const bin = join(findRoot(import.meta.dirname), '.venv/bin/mlflow');
const possible = existsSync(bin) && existsSync('/proc/self/environ');
if (!possible) console.warn('statuses.slow.test.ts skipped: no .venv, or no /proc. run npm run setup');
const MARK = 'SIMCLR_STATUSES_TEST';
const mark = `${process.pid}.${Date.now()}`;
let toy: ToyWorkspace;
let client: Client;
let seed = 0;

/** Starts the pipeline; `options` is for all of its processes. */
function start(experiment: string, options = '') {
  const env = [`${MARK}=${mark}`, `MLFLOW_EXPERIMENT_NAME=${experiment}`, `NODE_OPTIONS=${options}`];
  return toy.start('env', [...env, 'node', 'tools/pipelines/src/main.ts', 'run', 'toy']);
}

/** The runs of an experiment, the pipeline's and the stage's. */
async function runsOf(experiment: string): Promise<{ parent: Run; child: Run }> {
  const { experimentId } = (await getExperimentByName({ client, name: experiment }))!;
  const found = new Map<string, Run>();
  for await (const run of searchRuns({ client, experimentIds: [experimentId] })) {
    expect(found.has(run.tags['simclr.kind']!)).toBe(false);
    found.set(run.tags['simclr.kind']!, run);
  }
  expect(found.size).toBe(2);
  return { parent: found.get('pipeline')!, child: found.get('stage')! };
}

const cases = [
  ['finish', undefined, 0, 'FINISHED', undefined],
  ['throw', undefined, 1, 'FAILED', /^Error: loss is NaN\n {4}at .*\ncaused by Error: lr is 100\n/s],
  ['uncaught', undefined, 1, 'FAILED', /^TypeError: no such layer\n/],
  ['exit', undefined, 1, 'FAILED', /^exit code 3$/],
  ['memory', undefined, 1, 'FAILED', /heap out of memory/],
  ['wait', 'SIGINT', 75, 'KILLED', undefined],
  ['wait', 'SIGTERM', 75, 'KILLED', undefined],
] as const;

describe.runIf(possible)('a pipeline and its stage in MLflow', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    toy = toyWorkspace(['a'], yaml, {});
    toy.write('packages/a/src/stage.ts', stage);
    const server = await ensureServer({ dir: serverFolder(toy.root), bin });
    client = createClient({ trackingUri: server.uri, env: {} });
    await waitReady(client, { timeoutMs: 170_000, server });
  }, 180_000);
  afterAll(async () => {
    for (const { pid } of processesWith(MARK, mark)) process.kill(pid, 'SIGKILL');
    await toy.remove();
  });

  const sync = () => outputOf(toy.start('node', ['tools/pipelines/src/main.ts', 'mlflow', 'sync']));
  /** Journals of the pipeline's runs that have begun: one that was killed in opening its file has no run yet. */
  const parents = () =>
    globSync(join(toy.root, 'pipelines/toy/out/.runs/*/journal.jsonl')).filter((file) =>
      readFileSync(file, 'utf8').includes('\n'),
    );
  const said = () => readFileSync(join(toy.root, 'pipelines/toy/out/a/log.txt'), 'utf8');

  describe.each(Array.from({ length: rounds }, (_, round) => round))('round %i', (round) => {
    it.each(cases)('%s %s', async (how, signal, code, status, error) => {
      const experiment = `${how} ${signal ?? ''} ${round}`;
      toy.write('configs/toy.json', { seed: seed++, a: { how } });
      const started = start(experiment, how === 'memory' ? '--max-old-space-size=200' : '');
      if (signal) {
        while (!/waits/.test(started.output) && started.code === undefined) await sleep(20);
        process.kill(-started.pid, signal);
      }
      await started.ended;
      expect(started.code, started.output).toBe(code);
      // Who is told to end waits seconds for the server, no longer: what it had no time for is told by the next run, or this.
      if (/the journals keep it/.test(started.output)) await sync();
      const { parent, child } = await runsOf(experiment);
      expect([parent.info.status, child.info.status], started.output).toEqual([status, status]);
      expect(child.tags['mlflow.parentRunId']).toBe(parent.info.runId);
      if (error) expect(child.tags.error).toMatch(error);
      else expect(child.tags.error).toBeUndefined();
      if (status !== 'FAILED') return;
      expect(parent.tags['mlflow.note.content']).toContain(`**failed: a**\n\n\`\`\`\n${child.tags.error}\n`);
      expect(started.output).toContain('failed: a. correct it and run again');
      if (how !== 'memory') expect(said()).toMatch(/failed: /);
    });

    it('SIGKILL, which a sync tells, and again: one run of one curve', async () => {
      const experiment = `SIGKILL ${round}`;
      toy.write('configs/toy.json', { seed: seed++, a: { how: 'wait' } });
      const begun = parents().length;
      const started = start(experiment);
      while (!/waits/.test(started.output) && started.code === undefined) await sleep(20);
      // Its parent's run is begun within a second of it, on an idle machine.
      while (parents().length === begun) await sleep(20);
      for (const { pid } of processesWith(MARK, mark)) process.kill(pid, 'SIGKILL');
      await started.ended;
      while (processesWith(MARK, mark).length) await sleep(20);
      await sync();
      const { parent: left, child: stage } = await runsOf(experiment);
      expect([left.info.status, stage.info.status]).toEqual(['KILLED', 'KILLED']);
      const again = start(experiment);
      await again.ended;
      expect(again.code, again.output).toBe(0);
      const { parent, child } = await runsOf(experiment);
      expect([parent.info.status, child.info.status]).toEqual(['FINISHED', 'FINISHED']);
      const steps: number[] = [];
      for await (const { step } of getMetricHistory({ client, runId: child.info.runId, key: 'loss' })) steps.push(step);
      expect(steps.sort((a, b) => a - b)).toEqual(Array.from({ length: STEPS + 1 }, (_, step) => step));
    });
  });
});
