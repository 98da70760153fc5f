import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { openJournal } from './journal.ts';

let server: FakeServer;
let root: string;
beforeEach(async () => {
  server = await startFakeServer();
  root = mkdtempSync(join(tmpdir(), 'sync '));
});
afterEach(async () => {
  await server.close();
  rmSync(root, { recursive: true });
});

const cli = join(import.meta.dirname, 'cli.ts');
const sync = (...args: string[]) =>
  promisify(execFile)(process.execPath, [cli, ...args], {
    env: { ...process.env, MLFLOW_TRACKING_URI: server.uri, MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0' },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
const open = (name: string) =>
  openJournal(join(root, 'deep', name), { key: name, experiment: 'e', runName: name, tags: {} });
const run = (name: string) => [...server.runs.values()].find((one) => one.name === name)!;

it('sends what is left below a folder, and tells what is damaged', async () => {
  const whole = open('whole');
  whole.metrics({ loss: 1 }, 0);
  whole.end('FINISHED');
  const damaged = open('damaged');
  for (let step = 0; step < 3; step++) damaged.metrics({ loss: step + 0.5 }, step);
  const path = join(root, 'deep/damaged/journal.jsonl');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"loss":1.5', '"loss":7.5'));
  appendFileSync(path, '{"crc":"torn');
  const { code, stdout, stderr } = await sync('sync', root);
  expect([code, stdout]).toEqual([0, `${server.uri} has all of 2 journals\n`]);
  expect(stderr).toMatch(/^\S.*deep\/damaged: the journal's line that ends at byte \d+: damaged\n$/);
  expect([...run('damaged').points.values()].map(({ value }) => value)).toEqual([0.5, 2.5]);
  expect(run('whole').status).toBe('FINISHED');
});

it('ends a run whose process is gone, as its report says, and none that goes on or is not one of start', async () => {
  for (const [name, holder] of [
    ['dead', 2 ** 22 + 1],
    ['memory', 2 ** 22 + 1],
    ['alive', process.pid],
  ] as const) {
    open(name).metrics({ loss: 1 }, 0);
    const lock = { pid: holder, host: hostname(), token: 'x' };
    writeFileSync(join(root, 'deep', name, 'writer.lock'), JSON.stringify(lock));
  }
  open('other').metrics({ loss: 1 }, 0);
  const report = join(root, 'deep/memory/report.20261129.010203.77.0.001.json');
  writeFileSync(report, JSON.stringify({ header: { event: 'heap out of memory' } }));
  expect((await sync('sync', root)).code).toBe(0);
  const statuses = ['dead', 'memory', 'alive', 'other'].map((name) => run(name).status);
  expect(statuses).toEqual(['KILLED', 'FAILED', 'RUNNING', 'RUNNING']);
  expect(run('memory').tags.get('error')).toBe('heap out of memory');
});

it('sends a run whose parent was never begun, and says so; one whose parent comes after it is put below that', async () => {
  const child = (name: string, parentKey: string) =>
    openJournal(join(root, 'deep', name), { key: name, experiment: 'e', runName: name, tags: {}, parentKey });
  child('orphan', 'gone').end('KILLED');
  child('a-child', 'parent').end('FINISHED');
  open('parent').end('FINISHED');
  const { code, stdout } = await sync('sync', root);
  expect([code, stdout]).toEqual([0, `${server.uri} has all of 3 journals, 1 without the run above\n`]);
  expect(run('orphan').status).toBe('KILLED');
  expect(run('orphan').tags.has('mlflow.parentRunId')).toBe(false);
  expect(run('a-child').tags.has('mlflow.parentRunId')).toBe(true);
});

it('says in a line what is wrong', async () => {
  expect((await sync()).stderr).toMatch(/^missing command\. simclr-mlflow sync DIR/);
  expect((await sync('send', root)).stderr).toMatch(/^unknown command: send\. /);
  expect((await sync('sync')).stderr).toMatch(/^missing folder of journals\. /);
  expect((await sync('sync', join(root, 'no'))).stderr).toMatch(/^no such folder: .*no\. /);
  open('one').metrics({ loss: 1 }, 0);
  server.fault = () => 'cut';
  const { code, stderr } = await sync('sync', root);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^mlflow: not reachable: [^\n]*\n$/)]);
});
