import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSender } from './background.ts';
import { type Client, createClient } from './client.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { type Journal, openJournal } from './journal.ts';

let dir: string;
let server: FakeServer;
let client: Client;
let journal: Journal;
const warnings: string[] = [];
const onWarning = (message: string) => void warnings.push(message);

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'background-'));
  server = await startFakeServer();
  client = createClient({ trackingUri: server.uri, env: {} });
  journal = openJournal(dir, { key: 'k', experiment: 'e', runName: 'r', tags: {} });
  warnings.length = 0;
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});

const points = () => [...server.runs.values()][0]?.points.size ?? 0;
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('startSender', () => {
  it('sends what is new in the background and the rest at the stop', async () => {
    const sender = startSender(dir, client, { intervalMs: 20, onWarning });
    journal.metrics({ loss: 1 }, 0);
    await until(() => points() === 1);
    journal.metrics({ loss: 1 }, 1);
    await until(() => points() === 2);
    journal.metrics({ loss: 1 }, 2);
    journal.end('FINISHED');
    expect(await sender.stop({ flushMs: 5000 })).toBe(true);
    expect(points()).toBe(3);
    expect([...server.runs.values()][0]!.status).toBe('FINISHED');
    expect(warnings).toEqual([]);
  });

  it('asks nothing of the server when there is nothing new', async () => {
    const sender = startSender(dir, client, { intervalMs: 5 });
    await until(() => server.runs.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.requests.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await sender.stop({ flushMs: 100 })).toBe(true);
    expect(server.requests).toEqual([]);
  });

  it('takes new credentials when the server refuses the old ones', async () => {
    const withToken = (token: string) =>
      createClient({ trackingUri: server.uri, env: { MLFLOW_TRACKING_TOKEN: token } });
    server.fault = () =>
      server.requests.at(-1)?.headers.authorization === 'Bearer new' ? undefined : { status: 401, body: 'no' };
    journal.metrics({ loss: 1 }, 0);
    const sender = startSender(dir, withToken('old'), { intervalMs: 5, renew: () => withToken('new') });
    await until(() => points() === 1);
    expect(await sender.stop({ flushMs: 5000 })).toBe(true);
  });

  it('warns once when the server is down, and delivers when it is back', async () => {
    server.fault = () => 'cut';
    const sender = startSender(dir, client, { intervalMs: 5, onWarning });
    journal.metrics({ loss: 1 }, 0);
    await until(() => server.requests.length > 4);
    expect(warnings).toEqual([expect.stringMatching(/^mlflow: not reachable: .*\. the journal keeps what is logged/)]);
    server.fault = () => undefined;
    await until(() => points() === 1);
    expect(await sender.stop({ flushMs: 1000 })).toBe(true);
    expect(warnings).toHaveLength(1);
  });

  it('keeps quiet for a while about a server that is starting', async () => {
    server.fault = () => 'cut';
    const sender = startSender(dir, client, { intervalMs: 5, onWarning, warnAfterMs: 60_000 });
    await until(() => server.requests.length > 4);
    expect(await sender.stop({ flushMs: 10 })).toBe(false);
    expect(warnings).toEqual([]);
  });

  it.each(['hang', 'cut'] as const)('gives up its last flush in time when requests %s', async (fault) => {
    server.fault = () => fault;
    const sender = startSender(dir, client, { intervalMs: 5 });
    // The requests themselves hang for longer than this test may take.
    expect(await sender.stop({ flushMs: 400 })).toBe(false);
  });

  it('never holds up the caller', async () => {
    server.fault = () => 'hang';
    startSender(dir, client, { intervalMs: 1 });
    await until(() => server.requests.length > 0);
    for (let step = 0; step < 1000; step++) journal.metrics({ loss: 1 }, step);
    expect([server.runs.size, server.requests.length]).toEqual([0, 1]);
  });

  it('passes on what the server refuses', async () => {
    const sender = startSender(dir, client, { intervalMs: 5, onWarning });
    await until(() => server.runs.size === 1);
    [...server.runs.values()][0]!.params.set('lr', '1');
    journal.params({ lr: 2 });
    expect(await sender.stop({ flushMs: 1000 })).toBe(true);
    expect(warnings).toEqual([expect.stringMatching(/^not taken by mlflow: params lr: /)]);
  });
});
