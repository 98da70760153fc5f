import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../client.ts';
import { getExperimentByName } from '../experiments.ts';
import { getMetricHistory } from '../metrics.ts';
import { searchRuns } from '../runs.ts';
import { collect } from './collect.ts';

/** A run as a server has it. */
export interface EndedRun {
  status: string;
  params: Record<string, string>;
  tags: Record<string, string>;
  /** Of `loss`, in their order. */
  steps: number[];
}

/** A server, and what it has. */
export interface EndsServer {
  uri(): string;
  /** The runs of a name in an experiment; none where there is no such experiment yet. */
  runs(experiment: string, name: string): Promise<EndedRun[]>;
}

const cases = [
  ['finished', undefined, 0, 'FINISHED', undefined],
  ['throw', undefined, 1, 'FAILED', /^Error: loss is NaN\n {4}at train .*\ncaused by Error: lr is 100\n/s],
  ['caught', undefined, 0, 'FAILED', /^Error: told further out\n/],
  ['exit-0', undefined, 0, 'FINISHED', undefined],
  ['exit-3', undefined, 3, 'FAILED', /^exit code 3$/],
  ['memory', undefined, 'SIGABRT', 'FAILED', /heap out of memory/],
  ['handled', 'SIGTERM', 143, 'KILLED', undefined],
  ['SIGINT', 'SIGINT', 'SIGINT', 'KILLED', undefined],
  ['SIGTERM', 'SIGTERM', 'SIGTERM', 'KILLED', undefined],
  ['SIGKILL', 'SIGKILL', 'SIGKILL', 'KILLED', undefined],
] as const;

/** How a run ends, in whatever way its process does: tests to be called within a `describe`. */
export function endsContract(server: EndsServer, rounds = 1): void {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'ends-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  /** Starts the process and, once it logs, kills it. Resolves with its exit code or signal when it is gone. */
  async function run(how: string, round: number, signal?: NodeJS.Signals, ...more: string[]) {
    const script = join(import.meta.dirname, '../testdata/ending.ts');
    const args = ['--max-old-space-size=60', script, how, join(root, String(round)), ...more];
    const env = {
      ...process.env,
      MLFLOW_TRACKING_URI: server.uri(),
      MLFLOW_EXPERIMENT_NAME: `ends ${round}`,
      MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL: '600',
    };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    if (signal) child.stdout.once('data', () => setTimeout(() => child.kill(signal), how === 'resumed' ? 200 : 0));
    let told = '';
    child.stderr.on('data', (text) => {
      told += text;
    });
    const code = await new Promise((resolve) => child.once('close', (exit, by) => resolve(exit ?? by)));
    return { code, told };
  }

  /**
   * Runs once they have a status: a block that an error leaves ends its run first and then makes it FAILED, and a run that
   * was killed is ended by its keeper.
   */
  async function ended(round: number, names: string[], status: string): Promise<EndedRun[]> {
    const seen = async () => (await Promise.all(names.map((name) => server.runs(`ends ${round}`, name)))).flat();
    let found = await seen();
    const done = () => found.length >= names.length && found.every((one) => one.status === status);
    for (let tries = 0; tries < 600 && !done(); tries++) {
      await sleep(50);
      found = await seen();
    }
    expect(found).toHaveLength(names.length);
    return found;
  }

  describe.each(Array.from({ length: rounds }, (_, round) => round))('round %i', (round) => {
    it.each(cases)('ends right: %s', async (how, signal, exit, status, error) => {
      const { code, told } = await run(how, round, signal);
      expect(code, told).toBe(exit);
      const [seen] = await ended(round, [how], status);
      expect(seen!.status, told).toBe(status);
      expect(seen!.params.how ?? how).toBe(how);
      if (error) expect(seen!.tags.error).toMatch(error);
      else expect(seen!.tags.error).toBeUndefined();
    });

    it('ends all runs of a process that runs out of memory', async () => {
      expect((await run('memory-of-two', round)).code).toBe('SIGABRT');
      const [before] = await ended(round, ['memory-of-two before'], 'FINISHED');
      expect(before!.status).toBe('FINISHED');
      const both = await ended(round, ['memory-of-two', 'memory-of-two below'], 'FAILED');
      for (const { status, tags } of both) {
        expect(status).toBe('FAILED');
        expect(tags.error).toMatch(/heap out of memory/);
      }
    });

    it('goes on after SIGKILL as one curve', async () => {
      expect((await run('resumed', round, 'SIGKILL')).code).toBe('SIGKILL');
      expect((await run('resumed', round, undefined, 'again')).code).toBe(0);
      const [one] = await ended(round, ['resumed'], 'FINISHED');
      expect(one!.status).toBe('FINISHED');
      expect(one!.steps).toEqual(Array.from({ length: 21 }, (_, step) => step));
    });
  });
}

/** A real one, by a client of its. */
export function realServer(at: () => Client): EndsServer {
  return {
    uri: () => at().trackingUri,
    async runs(experiment, name) {
      const client = at();
      const found = await getExperimentByName({ client, name: experiment });
      if (!found) return [];
      const filter = `attributes.run_name = '${name}'`;
      const named = await collect(searchRuns({ client, experimentIds: [found.experimentId], filter }));
      const withSteps = named.map(async ({ info, params, tags }) => {
        const points = await collect(getMetricHistory({ client, runId: info.runId, key: 'loss' }));
        const steps = points.map(({ step }) => step).sort((a, b) => a - b);
        return { status: info.status, params, tags, steps };
      });
      return Promise.all(withSteps);
    },
  };
}
