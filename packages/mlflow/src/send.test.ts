import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, createClient } from './client.ts';
import { readCursor } from './cursor.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import type { FakeRun } from './fake-store.ts';
import { openJournal } from './journal.ts';
import { sendJournal } from './send.ts';

let root: string;
let dir: string;
let server: FakeServer;
let client: Client;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'send-'));
  dir = join(root, 'mlflow');
  server = await startFakeServer();
  client = { ...createClient({ trackingUri: server.uri, env: {} }), backoffFactor: 0, backoffJitter: 0 };
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

const run = { key: 'k-1', experiment: 'exp', runName: 'name', tags: { 'mlflow.user': 'ann' } };
const only = (): FakeRun => {
  expect(server.runs.size).toBe(1);
  return [...server.runs.values()][0]!;
};
const values = () => [...only().points.values()].map(({ key, step, value }) => `${key} ${step} ${value}`);

describe('sendJournal', () => {
  it('makes the run and sends everything once', async () => {
    const journal = openJournal(dir, run);
    journal.params({ lr: 0.1 });
    journal.metrics({ loss: 2, nan: Number.NaN }, 0);
    journal.tags({ note: 'x' });
    journal.image(
      'views/a',
      await sharp({ create: { width: 20, height: 10, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
      3,
    );
    journal.artifact('a b/report.html', '<p>');
    journal.dataset({ name: 'd', digest: '0123', context: 'training', source: 'https://d/x.zip', rows: 3 });
    journal.end('FINISHED');

    const result = await sendJournal(dir, client);
    expect(result).toEqual({ sent: 8, remaining: 0, runId: 'run1', parentMissing: false, rejected: [] });
    const sent = only();
    expect(sent).toMatchObject({ name: 'name', status: 'FINISHED', endTime: expect.any(Number) });
    expect(Object.fromEntries(sent.params)).toEqual({ lr: '0.1' });
    const tags = { 'simclr.run_key': 'k-1', 'mlflow.user': 'ann', note: 'x', 'mlflow.loggedImages': 'True' };
    expect(Object.fromEntries(sent.tags)).toEqual(tags);
    expect(values()).toEqual(['loss 0 2', 'nan 0 NaN']);
    expect([...sent.datasets.values()]).toEqual([
      {
        tags: [{ key: 'mlflow.data.context', value: 'training' }],
        dataset: {
          name: 'd',
          digest: '0123',
          source_type: 'http',
          source: '{"url":"https://d/x.zip"}',
          profile: '{"num_rows":3}',
        },
      },
    ]);
    const [png, webp, report] = [...server.artifacts];
    expect(png![0]).toMatch(/^1\/run1\/artifacts\/images\/views~a\+step\+3\+timestamp\+\d+\+[0-9a-f-]{36}\.png$/);
    expect(webp![0]).toBe(png![0].replace('.png', '+compressed.webp'));
    expect(await sharp(webp![1]).metadata()).toMatchObject({ format: 'webp', width: 256, height: 128 });
    expect([report![0], String(report![1])]).toEqual(['1/run1/artifacts/a b/report.html', '<p>']);

    server.requests.length = 0;
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 0, remaining: 0, runId: 'run1' });
    expect(server.requests).toEqual([]);
  });

  it('sends 10,000 points in about ten requests', async () => {
    const journal = openJournal(dir, run);
    for (let step = 0; step < 2000; step++) journal.metrics({ a: step, b: 1, c: 2, d: 3, e: 4 }, step);
    await sendJournal(dir, client);
    expect(only().points.size).toBe(10_000);
    expect(server.requests.filter(({ path }) => path.endsWith('log-batch')).length).toBeLessThanOrEqual(11);
  });

  it('goes on where it stopped when the server fails in between', async () => {
    const journal = openJournal(dir, run);
    for (let step = 0; step < 3000; step++) journal.metrics({ loss: step }, step);
    let batches = 0;
    server.fault = ({ path }) => (path.endsWith('log-batch') && ++batches > 1 ? { status: 500 } : undefined);
    await expect(sendJournal(dir, { ...client, maxRetries: 1 })).rejects.toThrow('HTTP_500');
    const offset = readCursor(dir, server.uri)!.offset;
    expect(offset).toBeGreaterThan(0);
    server.fault = () => undefined;
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 2000, remaining: 0 });
    expect(only().points.size).toBe(3000);
  });

  it('returns, with what remains, when aborted', async () => {
    const journal = openJournal(dir, run);
    journal.metrics({ loss: 1 }, 0);
    server.fault = ({ path }) => (path.endsWith('log-batch') ? 'hang' : undefined);
    expect(await sendJournal(dir, client, { signal: AbortSignal.timeout(200) })).toMatchObject({
      sent: 0,
      remaining: 2,
    });
    expect(existsSync(join(dir, 'send.lock'))).toBe(false);
  });

  it('does nothing for a folder without a journal', async () => {
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 0, remaining: 0, runId: undefined });
  });

  it.each(['lost', 'cut'] as const)('makes one run when the answer to its creation is %s', async (fault) => {
    openJournal(dir, run).metrics({ loss: 1 }, 0);
    let creations = 0;
    server.fault = ({ path }) => (path.endsWith('runs/create') && ++creations < 3 ? fault : undefined);
    await sendJournal(dir, client);
    expect(values()).toEqual(['loss 0 1']);
  });

  it('leaves one run when its creation arrives twice', async () => {
    const journal = openJournal(dir, run);
    journal.metrics({ loss: 1 }, 0);
    journal.end('FINISHED');
    server.fault = ({ path }) => (path.endsWith('runs/create') ? 'twice' : undefined);
    await sendJournal(dir, client);
    expect([only().status, values()]).toEqual(['FINISHED', ['loss 0 1']]);
  });

  it('tries again where two runs make one dataset at once', async () => {
    const journal = openJournal(dir, run);
    journal.dataset({ name: 'd', digest: '0123', context: 'training', source: 'https://d/x.zip', rows: 3 });
    const message = '(sqlite3.IntegrityError) UNIQUE constraint failed: datasets.experiment_id, datasets.name';
    const body = JSON.stringify({ error_code: 'BAD_REQUEST', message });
    let tries = 0;
    server.fault = ({ path }) => (path.endsWith('log-inputs') && tries++ === 0 ? { status: 400, body } : undefined);
    expect(await sendJournal(dir, client)).toMatchObject({ remaining: 0, rejected: [] });
    expect([tries, only().datasets.size]).toEqual([2, 1]);
  });

  it('finds its run again when the cursor is lost or damaged, and repeats no point', async () => {
    const journal = openJournal(dir, run);
    journal.metrics({ loss: 1 }, 0);
    for (const damage of [() => rmSync(join(dir, 'sent.json')), () => writeFileSync(join(dir, 'sent.json'), '{"tr')]) {
      await sendJournal(dir, client);
      damage();
    }
    journal.metrics({ loss: 0.5 }, 1);
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 3, remaining: 0, runId: 'run1' });
    expect(values()).toEqual(['loss 0 1', 'loss 1 0.5']);
  });

  it('begins again when the server forgot everything, or the journal is shorter than what was sent', async () => {
    const journal = openJournal(dir, run);
    journal.metrics({ loss: 1 }, 0);
    await sendJournal(dir, client);
    server.wipe();
    journal.metrics({ loss: 0.5 }, 1);
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 3, runId: 'run2' });
    expect(values()).toEqual(['loss 0 1', 'loss 1 0.5']);

    const path = join(dir, 'journal.jsonl');
    truncateSync(path, readFileSync(path, 'utf8').lastIndexOf('\n', readFileSync(path).length - 2) + 1);
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 2, remaining: 0, runId: 'run2' });
  });

  it('begins again when the cursor is not at the end of a line, as after a power failure', async () => {
    const journal = openJournal(dir, run);
    journal.metrics({ loss: 1 }, 0);
    await sendJournal(dir, client);
    // What was sent is gone from the disk, and the resumed stage has written past that place.
    truncateSync(join(dir, 'journal.jsonl'), 0);
    const resumed = openJournal(dir, { ...run, tags: { 'mlflow.user': 'a name of another length' } });
    for (let step = 1; step < 5; step++) resumed.metrics({ loss: 1 }, step);
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 5, remaining: 0, runId: 'run1' });
    expect(values()).toHaveLength(5);
  });

  it('keeps a cursor for each server', async () => {
    const second = await startFakeServer();
    const other = createClient({ trackingUri: second.uri, env: {} });
    const journal = openJournal(dir, run);
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 1 });
    expect(await sendJournal(dir, other)).toMatchObject({ sent: 1 });
    journal.metrics({ loss: 1 }, 0);
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 1 });
    expect(await sendJournal(dir, other)).toMatchObject({ sent: 1 });
    expect([server, second].map(({ runs }) => [...runs.values()].map((one) => one.points.size))).toEqual([[1], [1]]);
    await second.close();
  });

  it('puts the run below its parent, also when the parent comes later', async () => {
    const parent = join(root, 'parent');
    openJournal(dir, { ...run, parentKey: 'p-1' });
    expect(await sendJournal(dir, client)).toMatchObject({ remaining: 0, parentMissing: true });
    openJournal(parent, { ...run, key: 'p-1' });
    await sendJournal(parent, client);
    expect(await sendJournal(dir, client)).toMatchObject({ sent: 0, parentMissing: false });
    expect(server.runs.get('run1')!.tags.get('mlflow.parentRunId')).toBe('run2');
    server.requests.length = 0;
    await sendJournal(dir, client);
    expect(server.requests).toEqual([]);
  });

  it('runs again after an interruption, as the same run', async () => {
    openJournal(dir, run).end('KILLED');
    await sendJournal(dir, client);
    expect(only().status).toBe('KILLED');
    const resumed = openJournal(dir, run);
    await sendJournal(dir, client);
    expect(only().status).toBe('RUNNING');
    resumed.end('FINISHED');
    await sendJournal(dir, client);
    expect(only().status).toBe('FINISHED');
  });

  it('leaves out what the server refuses and says what', async () => {
    const journal = openJournal(dir, run);
    await sendJournal(dir, client);
    only().params.set('lr', 'set by someone else');
    journal.metrics({ loss: 1 }, 0);
    journal.params({ lr: 0.1, depth: 18 });
    journal.artifact('gone.txt', 'x');
    rmSync(join(dir, 'artifacts/gone.txt'));
    journal.end('FINISHED');
    const { remaining, rejected } = await sendJournal(dir, client);
    expect(remaining).toBe(0);
    expect(rejected).toEqual([
      expect.stringMatching(/^params lr: mlflow: param lr is immutable \(INVALID_PARAMETER_VALUE 400, .*\)$/),
      expect.stringMatching(/^artifact gone.txt: ENOENT/),
    ]);
    expect(only()).toMatchObject({ status: 'FINISHED' });
    expect(only().params.get('depth')).toBe('18');
    expect(values()).toEqual(['loss 0 1']);
  });

  it('copied to another place, sends to the same run', async () => {
    openJournal(dir, run).metrics({ loss: 1 }, 0);
    const copy = join(root, 'copy');
    cpSync(dir, copy, { recursive: true });
    await sendJournal(dir, client);
    await sendJournal(copy, client);
    expect(values()).toEqual(['loss 0 1']);
  });
});
