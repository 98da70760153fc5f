import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeServer, startFakeServer } from '../fake-server.ts';

/** `MLFLOW_TEST_ROUNDS=10` does each so often. */
const rounds = Number(process.env.MLFLOW_TEST_ROUNDS ?? 1);
let server: FakeServer;
let root: string;
beforeAll(async () => {
  server = await startFakeServer();
  root = mkdtempSync(join(tmpdir(), 'ends-'));
});
afterAll(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

/** Starts the process and, once it logs, kills it. Resolves with its exit code or signal when it is gone. */
async function run(how: string, dir: string, signal?: NodeJS.Signals, ...more: string[]) {
  const script = join(import.meta.dirname, '../testdata/ending.ts');
  const child = spawn(process.execPath, ['--max-old-space-size=60', script, how, dir, ...more], {
    env: { ...process.env, MLFLOW_TRACKING_URI: server.uri, MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL: '600' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (signal) child.stdout.once('data', () => setTimeout(() => child.kill(signal), how === 'resumed' ? 200 : 0));
  let told = '';
  child.stderr.on('data', (text) => {
    told += text;
  });
  const code = await new Promise((resolve) => child.once('close', (exit, by) => resolve(exit ?? by)));
  return { code, told };
}

const named = (how: string) => [...server.runs.values()].filter(({ name }) => name === how);

/**
 * The run once it has a status: a block that an error leaves ends its run first and then makes it FAILED, and a run that
 * was killed is ended by its keeper.
 */
async function ended(how: string, status: string) {
  for (let tries = 0; tries < 400 && named(how)[0]?.status !== status; tries++) await sleep(50);
  const [one, ...twins] = named(how);
  expect(twins).toEqual([]);
  return one!;
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

describe.each(Array.from({ length: rounds }, (_, round) => round))('a run, round %i', (round) => {
  afterAll(() => server.wipe());

  it.concurrent.each(cases)('ends right: %s', async (how, signal, exit, status, error) => {
    const { code, told } = await run(how, join(root, String(round)), signal);
    expect(code, told).toBe(exit);
    const seen = await ended(how, status);
    expect(seen.status).toBe(status);
    expect(seen.params.get('how') ?? how).toBe(how);
    if (error) expect(seen.tags.get('error')).toMatch(error);
    else expect(seen.tags.get('error')).toBeUndefined();
  });

  it.concurrent('goes on after SIGKILL as one curve', async () => {
    const dir = join(root, String(round));
    expect((await run('resumed', dir, 'SIGKILL')).code).toBe('SIGKILL');
    expect((await run('resumed', dir, undefined, 'again')).code).toBe(0);
    const one = await ended('resumed', 'FINISHED');
    expect(one.status).toBe('FINISHED');
    const steps = [...one.points.values()].map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: 21 }, (_, step) => step));
  });
});
