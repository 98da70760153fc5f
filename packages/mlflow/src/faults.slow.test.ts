import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSender } from './background.ts';
import { type Client, createClient } from './client.ts';
import { getExperimentByName } from './experiments.ts';
import { openJournal } from './journal.ts';
import { getMetricHistory } from './metrics.ts';
import { groupAlive, signal } from './processes.ts';
import { waitReady } from './ready.ts';
import { searchRuns } from './runs.ts';
import { ensureServer, type LocalServer, stopServer } from './server.ts';
import { collect } from './testing/collect.ts';
import { type FaultProxy, type Mishap, startFaultProxy } from './testing/fault-proxy.ts';

/** `MLFLOW_TEST_RESTARTS=20 MLFLOW_TEST_POINTS=100000` is the whole of it: half an hour. */
const RESTARTS = Number(process.env.MLFLOW_TEST_RESTARTS ?? 1);
const POINTS = Number(process.env.MLFLOW_TEST_POINTS ?? 4000);
const RUNS = 8;
const KEYS = ['loss', 'accuracy', 'lr', 'norm', 'time'];
const STEPS = POINTS / RUNS / KEYS.length;

const bin = resolve(import.meta.dirname, '../../../.venv/bin/mlflow');
const root = mkdtempSync(join(tmpdir(), 'mlflow faults '));
let server: LocalServer;
let proxy: FaultProxy;
let client: Client;

/** Every seventh request meets with one, each in its turn. */
const MISHAPS: Mishap[] = [
  'upload',
  'cut',
  { status: 429, retryAfter: 1 },
  'reset',
  'twice',
  { status: 500, retryAfter: 0 },
  'late',
  'slow',
  { status: 503, retryAfter: 1 },
];
let requests = 0;
const mishap = () => (++requests % 7 === 0 ? MISHAPS[(requests / 7) % MISHAPS.length] : undefined);

async function startServer(): Promise<void> {
  server = await ensureServer({ dir: join(root, 'server'), bin });
  client = createClient({ trackingUri: server.uri, env: {} });
  await waitReady(client, { timeoutMs: 170_000, server });
}

describe.skipIf(!existsSync(bin))('delivery through faults (needs .venv: npm run setup)', () => {
  beforeAll(async () => {
    await startServer();
    proxy = await startFaultProxy(() => server.uri, mishap);
  }, 180_000);
  afterAll(async () => {
    await proxy?.close();
    await stopServer(join(root, 'server'));
    rmSync(root, { recursive: true });
  });

  it(
    `stores ${POINTS} points of ${RUNS} runs exactly, over ${RESTARTS} deaths of the server`,
    async () => {
      const through = createClient({ trackingUri: proxy.uri, env: { MLFLOW_HTTP_REQUEST_TIMEOUT: '20' } });
      const warnings: string[] = [];
      const runs = Array.from({ length: RUNS }, (_, i) => {
        const dir = join(root, `run${i}`);
        const journal = openJournal(dir, { key: `run${i}`, experiment: 'faults', runName: `run${i}`, tags: {} });
        const onWarning = (line: string) => void warnings.push(line);
        return { journal, sender: startSender(dir, through, { intervalMs: 200, onWarning }) };
      });
      let step = 0;
      const log = (until: number) => {
        for (; step < Math.min(until, STEPS); step++) {
          for (const [i, { journal }] of runs.entries()) {
            journal.metrics(Object.fromEntries(KEYS.map((key, k) => [key, i + step / 7 + k])), step);
          }
        }
      };
      for (let death = 1; death <= RESTARTS; death++) {
        const from = step;
        const aim = (STEPS * death) / (RESTARTS + 1);
        for (let tenth = 1; tenth <= 10; tenth++, await sleep(100)) log(from + ((aim - from) * tenth) / 10);
        signal(-server.pid, 'SIGKILL');
        while (groupAlive(server.pid)) await sleep(20);
        log(aim + STEPS / RESTARTS / 10); // While nobody is there.
        await startServer();
        await proxy.pause(300);
      }
      log(STEPS);
      runs.forEach(({ journal }, i) => {
        journal.end(i % 2 ? 'FAILED' : 'FINISHED');
      });
      const delivered = await Promise.all(runs.map(({ sender }) => sender.stop({ flushMs: 600_000 })));
      expect(delivered).toEqual(Array(RUNS).fill(true));
      expect(warnings.filter((line) => !line.startsWith('mlflow: '))).toEqual([]);
      expect(Object.keys(proxy.counts).sort()).toEqual(
        ['upload', 'cut', '429', 'reset', 'twice', '500', 'late', 'slow', '503'].sort(),
      );

      const { experimentId } = (await getExperimentByName({ client, name: 'faults' }))!;
      const seen = await collect(
        searchRuns({ client, experimentIds: [experimentId], orderBy: ['attribute.run_name'] }),
      );
      expect(seen.map(({ info }) => [info.runName, info.status])).toEqual(
        runs.map((_, i) => [`run${i}`, i % 2 ? 'FAILED' : 'FINISHED']),
      );
      const steps = Array.from({ length: STEPS }, (_, i) => i);
      for (const [i, { info }] of seen.entries()) {
        for (const [k, key] of KEYS.entries()) {
          const points = await collect(getMetricHistory({ client, runId: info.runId, key }));
          const sorted = points.toSorted((a, b) => a.step - b.step);
          expect(sorted.map((point) => point.step)).toEqual(steps);
          expect(sorted.map((point) => point.value)).toEqual(steps.map((at) => i + at / 7 + k));
        }
      }
    },
    RESTARTS * 240_000 + 600_000,
  );
});
