import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeServer, startFakeServer } from '../fake-server.ts';
import { start, withRun } from './start.ts';

let server: FakeServer;
let dir: string;
const told: string[] = [];
const options = () => ({
  experiment: 'e',
  dir,
  trackingUri: server.uri,
  onWarning: (line: string) => void told.push(line),
});
process.env.MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING = 'false'; // They come whenever 10 s have passed.
beforeEach(async () => {
  server = await startFakeServer();
  dir = mkdtempSync(join(tmpdir(), 'start-'));
  told.length = 0;
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true });
});
const only = () => {
  expect(server.runs.size).toBe(1);
  return [...server.runs.values()][0]!;
};
const file = (path: string) => server.artifacts.get(`1/run1/artifacts/${path}`)?.toString();

it('logs everything, and ends with its block', async () => {
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const source = join(dir, 'weights.bin');
  writeFileSync(source, 'weights');
  const bars = {
    data: { values: [{ a: 'x', b: 1 }] },
    mark: 'bar',
    encoding: { x: { field: 'a' }, y: { field: 'b' } },
  };
  {
    await using run = await start({ ...options(), name: 'n', tags: { own: 'y' } });
    run.param('lr', 0.1);
    run.params({ nesterov: true });
    run.param('lr', 0.2);
    run.metric('loss', 2, 0);
    run.metrics({ loss: 1, accuracy: 0.5 }, 1);
    run.tag('a', '1');
    run.text('notes/a.txt', 'größe');
    run.dict('config.json', { lr: 0.1 });
    run.table('wrong.json', [
      { id: 1, label: 'cat' },
      { id: 2, probability: 0.5 },
    ]);
    run.table('wrong.json', [{ id: 1 }]);
    run.table('right.json', []);
    await run.figure('plots/bars.svg', bars);
    await run.figure('plots/own.png', bars, () => '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="5"/>');
    run.image('views', png, 3);
    run.artifact('model/weights.bin', { file: source });
    run.dataset({ name: 'd', digest: '1', context: 'training', source: '/d', rows: 3 });
    expect(() => run.table('t.csv', [])).toThrow('invalid table path: t.csv');
    await expect(run.figure('plot.pdf', {})).rejects.toThrow('invalid figure path: plot.pdf');
    expect(() => run.metric('a,b', 1)).toThrow('invalid metric name');
  }
  const run = only();
  expect(run).toMatchObject({ name: 'n', status: 'FINISHED' });
  expect(Object.fromEntries(run.params)).toEqual({ lr: '0.1', nesterov: 'true' });
  expect(told).toEqual(['the param lr stays 0.1; it was given 0.2']);
  expect([...run.points.values()].map(({ key, step, value }) => [key, step, value])).toEqual([
    ['loss', 0, 2],
    ['loss', 1, 1],
    ['accuracy', 1, 0.5],
  ]);
  expect(Object.fromEntries(run.tags)).toMatchObject({
    own: 'y',
    a: '1',
    'mlflow.source.type': 'LOCAL',
    'mlflow.loggedImages': 'True',
    'mlflow.loggedArtifacts': '[{"path":"wrong.json","type":"table"},{"path":"right.json","type":"table"}]',
  });
  expect(run.datasets.size).toBe(1);
  expect(file('notes/a.txt')).toBe('größe');
  expect(JSON.parse(file('config.json')!)).toEqual({ lr: 0.1 });
  expect(JSON.parse(file('wrong.json')!)).toEqual({ columns: ['id'], data: [[1]] });
  expect(file('plots/bars.svg')).toMatch(/^<svg.*<path aria-label/s);
  expect(JSON.parse(file('plots/bars.vl.json')!)).toEqual(bars);
  const own = server.artifacts.get('1/run1/artifacts/plots/own.png')!;
  expect(await sharp(own).metadata()).toMatchObject({ format: 'png', width: 20, height: 10 });
  expect(file('model/weights.bin')).toBe('weights');
});

it('shows a run below its parent, goes on under a name, and says where it is', async () => {
  const parent = await start(options());
  const child = await start({ ...options(), parent, resume: 'mine' });
  child.metric('loss', 1, 0);
  await child.end('KILLED');
  const again = await start({ ...options(), parent, resume: 'mine' });
  again.metrics({ loss: 9 }, 0);
  again.metrics({ loss: 2 }, 1);
  const { delivered, url } = await again.end();
  expect([delivered, url]).toEqual([true, expect.stringMatching(/#\/experiments\/1\/runs\/run\d$/)]);
  await parent.end();
  expect(server.runs.size).toBe(2);
  const [id, run] = [...server.runs].find(([, { points }]) => points.size > 0)!;
  const other = [...server.runs.keys()].find((one) => one !== id);
  expect([run.status, run.tags.get('mlflow.parentRunId'), run.points.size]).toEqual(['FINISHED', other, 2]);
  expect(url).toContain(id);
});

it('lets one process write a run at a time', async () => {
  const run = await start({ ...options(), resume: 'mine' });
  await expect(start({ ...options(), resume: 'mine' })).rejects.toThrow(/^run is written by another process: .*mine/);
  await run.end();
}, 20_000);

it('waits for a server that is away only so long; who stays delivers', async () => {
  server.fault = () => 'cut';
  const run = await start(options());
  for (let step = 0; step < 100; step++) run.metric('loss', step, step);
  const begin = performance.now();
  expect(await run.end('FINISHED', { waitMs: 200 })).toEqual({ delivered: false, url: undefined });
  expect(performance.now() - begin).toBeLessThan(10_000); // What it waits where nothing is said.
  server.fault = () => undefined;
  for (let tries = 0; tries < 200 && [...server.runs.values()][0]?.status !== 'FINISHED'; tries++) await sleep(50);
  expect([only().status, only().points.size]).toEqual(['FINISHED', 100]);
});

it('is FAILED with the error that its function throws, and throws it on', async () => {
  const failing = withRun(options(), (run) => {
    run.metric('loss', Number.NaN, 0);
    throw new TypeError('no such layer');
  });
  await expect(failing).rejects.toThrow('no such layer');
  expect(only().status).toBe('FAILED');
  expect(only().tags.get('error')).toMatch(/^TypeError: no such layer\n {4}at /);
  expect(await withRun({ ...options(), name: 'good' }, () => 7)).toBe(7);
  expect([...server.runs.values()].at(-1)!.status).toBe('FINISHED');
});

it('refuses what it cannot use before anything is begun', async () => {
  await expect(start({ dir, trackingUri: 'sqlite:///x' })).rejects.toThrow('unknown tracking uri: sqlite:///x');
  await expect(start({ ...options(), resume: 'a/b' })).rejects.toThrow('invalid run key: a/b');
  expect(
    readdirSync(dir, { recursive: true }).filter((name) => !statSync(join(dir, String(name))).isDirectory()),
  ).toEqual([]);
});
