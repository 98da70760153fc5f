import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteArtifact, downloadArtifact, listArtifacts, saveArtifact, uploadArtifact } from './artifacts.ts';
import { logBatch } from './batch.ts';
import { type Client, createClient } from './client.ts';
import { contextTags } from './context.ts';
import * as experiments from './experiments.ts';
import { logImage } from './images.ts';
import { logInputs, metaDataset } from './inputs.ts';
import { openJournal } from './journal.ts';
import { deleteTag, getMetricHistory, logMetric, logParam, setTag } from './metrics.ts';
import { groupAlive } from './processes.ts';
import { waitReady } from './ready.ts';
import { createRun, deleteRun, findRunByKey, getRun, restoreRun, searchRuns, updateRun } from './runs.ts';
import { sendJournal } from './send.ts';
import { ensureServer, type LocalServer, stopServer } from './server.ts';
import { collect } from './testing/collect.ts';
import { endpointsContract } from './testing/endpoints-contract.ts';
import { endsContract, realServer } from './testing/ends-contract.ts';
import { localStoreContract } from './testing/local-store-contract.ts';
import { modelsContract } from './testing/models-contract.ts';
import { runContract } from './testing/run-contract.ts';

const venv = resolve(import.meta.dirname, '../../../.venv/bin');
const installed = existsSync(join(venv, 'mlflow'));
let root: string;
let server: LocalServer;
let client: Client;
/** `GET /api/2.0/…` of every request. */
const asked = new Set<string>();

beforeAll(async () => {
  if (!installed) return;
  root = mkdtempSync(join(tmpdir(), 'mlflow real '));
  server = await ensureServer({ dir: join(root, 'server'), bin: join(venv, 'mlflow') });
  client = createClient({ trackingUri: server.uri, env: {} });
  const { fetch } = client;
  client.fetch = (url, init) => {
    asked.add(`${init?.method ?? 'GET'} ${new URL(url).pathname}`);
    return fetch(url, init);
  };
  await waitReady(client, { timeoutMs: 170_000, server });
}, 180_000);

afterAll(async () => {
  if (!installed) return;
  await stopServer(join(root, 'server'));
  expect(groupAlive(server.pid)).toBe(false);
  rmSync(root, { recursive: true });
});

/** A PNG of noise. */
const png = async (width: number, height: number) => {
  const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
  return new Uint8Array(
    await sharp({ create: { width, height, channels: 3, background: 'black', noise } })
      .png()
      .toBuffer(),
  );
};

describe.skipIf(!installed)('the client on a real server (needs .venv: npm run setup)', () => {
  it('makes, finds, renames, deletes and restores experiments', async () => {
    const experimentId = await experiments.ensureExperiment({ client, name: 'first' });
    expect(await experiments.ensureExperiment({ client, name: 'first' })).toBe(experimentId);
    await expect(experiments.createExperiment({ client, name: 'first' })).rejects.toMatchObject({
      code: 'RESOURCE_ALREADY_EXISTS',
    });
    await experiments.createExperiment({ client, name: 'second', tags: { team: 'a' } });
    await experiments.setExperimentTag({ client, experimentId, key: 'k', value: 'v' });
    await experiments.updateExperiment({ client, experimentId, name: 'renamed' });
    expect(await experiments.getExperiment({ client, experimentId })).toMatchObject({
      name: 'renamed',
      tags: { k: 'v' },
    });
    expect(await experiments.getExperimentByName({ client, name: 'first' })).toBeUndefined();
    const search = { client, orderBy: ['name ASC'], pageSize: 1 };
    const names = (await collect(experiments.searchExperiments(search))).map(({ name }) => name);
    expect(names).toEqual(['Default', 'renamed', 'second']);
    await experiments.deleteExperimentTag({ client, experimentId, key: 'k' });
    expect((await experiments.getExperiment({ client, experimentId })).tags).not.toHaveProperty('k');
    await experiments.deleteExperiment({ client, experimentId });
    await expect(experiments.ensureExperiment({ client, name: 'renamed' })).rejects.toThrow(
      'experiment is deleted: renamed',
    );
    await experiments.restoreExperiment({ client, experimentId });
    expect(await experiments.ensureExperiment({ client, name: 'renamed' })).toBe(experimentId);
  });

  it('makes, changes, searches, deletes and restores runs', async () => {
    const experimentId = await experiments.ensureExperiment({ client, name: 'runs' });
    const made = [];
    for (const runName of ['a', 'b', 'c']) {
      const run = await createRun({ client, experimentId, runName, startTime: 1000, tags: { n: runName } });
      await logMetric({ client, runId: run.info.runId, key: 'accuracy', value: made.length });
      made.push(run.info.runId);
    }
    const runId = made[0]!;
    const search = { client, experimentIds: [experimentId], orderBy: ['metrics.accuracy DESC'], pageSize: 1 };
    const found = await collect(searchRuns({ ...search, filter: 'metrics.accuracy >= 0' }));
    expect(found.map(({ info }) => info.runName)).toEqual(['c', 'b', 'a']);
    expect(await updateRun({ client, runId, status: 'KILLED', endTime: 3000, runName: 'd' })).toMatchObject({
      status: 'KILLED',
    });
    expect((await getRun({ client, runId })).info).toMatchObject({ runName: 'd', startTime: 1000, endTime: 3000 });
    await deleteRun({ client, runId });
    expect(await collect(searchRuns(search))).toHaveLength(2);
    await restoreRun({ client, runId });
    expect((await getRun({ client, runId })).info.lifecycleStage).toBe('active');
  });

  it('logs what the server’s limits would refuse, in several requests', async () => {
    const experimentId = await experiments.ensureExperiment({ client, name: 'batches' });
    const { info } = await createRun({ client, experimentId });
    const { runId } = info;
    const metrics = Array.from({ length: 2500 }, (_, step) => ({
      key: 'loss',
      value: step / 7,
      timestamp: 5000 + step,
      step,
    }));
    metrics[3]!.value = Number.NaN;
    const long = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`p/${i}`, '😀'.repeat(7000)]));
    for (let time = 0; time < 2; time++) await logBatch({ client, runId, metrics, params: long, tags: long });
    const points = await collect(getMetricHistory({ client, runId, key: 'loss', pageSize: 999 }));
    expect(points).toEqual(metrics);
    const run = await getRun({ client, runId });
    expect(Object.values(run.params)).toEqual(Array(250).fill('😀'.repeat(6000)));
    expect(run.tags['p/7']).toBe('😀'.repeat(7000));
    await expect(logParam({ client, runId, key: 'p/1', value: 'other' })).rejects.toMatchObject({
      status: 400,
      code: 'INVALID_PARAMETER_VALUE',
    });
    await setTag({ client, runId, key: 'extra', value: 'x' });
    await deleteTag({ client, runId, key: 'extra' });
    expect((await getRun({ client, runId })).tags).not.toHaveProperty('extra');
  });

  it('stores artifacts of any name and size', async () => {
    const experimentId = await experiments.ensureExperiment({ client, name: 'artifacts' });
    const { info } = await createRun({ client, experimentId });
    const where = { client, artifactUri: info.artifactUri };
    const big = new Uint8Array(3_000_000).map((_, i) => i % 251);
    await uploadArtifact({ ...where, path: 'model/weights+1.bin', data: big });
    await uploadArtifact({ ...where, path: 'a b/größe & ?.txt', data: 'text' });
    expect(await downloadArtifact({ ...where, path: 'model/weights+1.bin' })).toEqual(big);
    expect(Buffer.from(await downloadArtifact({ ...where, path: 'a b/größe & ?.txt' })).toString()).toBe('text');
    expect(await listArtifacts(where)).toEqual([
      { path: 'a b', isDir: true, fileSize: undefined },
      { path: 'model', isDir: true, fileSize: undefined },
    ]);
    expect(await listArtifacts({ ...where, path: 'model' })).toEqual([
      { path: 'model/weights+1.bin', isDir: false, fileSize: 3_000_000 },
    ]);
    expect(await listArtifacts({ ...where, path: 'model/weights+1.bin' })).toEqual([]);
    const copy = join(root, 'weights.bin');
    await saveArtifact({ ...where, path: 'model/weights+1.bin', file: copy });
    expect(new Uint8Array(readFileSync(copy))).toEqual(big);
    await deleteArtifact({ ...where, path: 'model/weights+1.bin' });
    await expect(saveArtifact({ ...where, path: 'model/weights+1.bin', file: join(root, 'none') })).rejects.toThrow(
      '404',
    );
    expect(readdirSync(root).filter((name) => /none|tmp/.test(name))).toEqual([]);
    await expect(downloadArtifact({ ...where, path: 'model/weights+1.bin' })).rejects.toMatchObject({ status: 404 });
    const outside = uploadArtifact({ ...where, artifactUri: 'ftp://host/x', path: 'x', data: '' });
    await expect(outside).rejects.toThrow('artifact store not served by mlflow: ftp://host/x');
  });
});

describe.skipIf(!installed)('models on a real server (needs .venv: npm run setup)', () => {
  modelsContract(() => client);
});

describe.skipIf(!installed)('runs logged in a call on a real server (needs .venv: npm run setup)', () => {
  runContract(() => client, join(venv, 'python'));
  localStoreContract(() => client);
});

/** A run as Python's client reads it. */
interface Seen {
  id: string;
  tags: Record<string, string>;
  history: Record<string, [number, string][]>;
  artifacts: [string, number][];
  [field: string]: unknown;
}

describe.skipIf(!installed)('a journal on a real server (needs .venv: npm run setup)', () => {
  it('is read by Python’s client like a run that Python logged, however often it is sent', async () => {
    const experiment = 'journal';
    const [parentDir, dir] = [join(root, 'parent'), join(root, 'child')];
    openJournal(parentDir, { key: 'parent-key', experiment, runName: 'pipeline', tags: contextTags() });
    let journal = openJournal(dir, {
      key: 'key',
      experiment,
      runName: 'journal',
      tags: contextTags(),
      parentKey: 'parent-key',
    });
    journal.params({ lr: 0.1, nesterov: true, long: 'x'.repeat(7000) });
    for (let step = 0; step < 12; step++) journal.metrics({ loss: 1 / (step + 1) }, step);
    journal.end('KILLED');
    await sendJournal(parentDir, client);
    await sendJournal(dir, client);
    const experimentId = await experiments.ensureExperiment({ client, name: experiment });
    const run = await findRunByKey({ client, experimentIds: [experimentId], key: 'key' });
    expect(run!.info.status).toBe('KILLED');

    journal = openJournal(dir, {
      key: 'key',
      experiment,
      runName: 'journal',
      tags: contextTags(),
      parentKey: 'parent-key',
    });
    for (let step = 8; step < 20; step++) journal.metrics({ loss: 1 / (step + 1) }, step);
    journal.metrics({ nan: Number.NaN, inf: Number.NEGATIVE_INFINITY });
    journal.tags({ note: 'größe 😀' });
    journal.artifact('a b/report.html', '<p>größe');
    journal.image('views/pairs', await png(60, 30), 2);
    journal.dataset({
      name: 'fashion',
      digest: '0123456789',
      context: 'training',
      source: 'https://host/x.zip',
      rows: 60_000,
    });
    await sendJournal(dir, client);
    expect((await getRun({ client, runId: run!.info.runId })).info.status).toBe('RUNNING');
    journal.end('FINISHED');
    expect(await sendJournal(dir, client)).toMatchObject({ remaining: 0, rejected: [], parentMissing: false });
    rmSync(join(dir, 'sent.json'));
    expect(await sendJournal(dir, client)).toMatchObject({ remaining: 0, rejected: [], runId: run!.info.runId });

    const script = join(import.meta.dirname, 'testdata/read_runs.py');
    const env = { ...process.env, MLFLOW_TRACKING_URI: server.uri, MLFLOW_DISABLE_TELEMETRY: 'true' };
    const { stdout } = await promisify(execFile)(join(venv, 'python'), [script, server.uri, experiment], { env });
    const seen = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, Seen>;
    const [ours, pythons] = [seen.journal!, seen.python!];
    for (const field of ['status', 'ended', 'params', 'metrics', 'history', 'inputs', 'report'] as const) {
      expect(ours[field], field).toEqual(pythons[field]);
    }
    expect(ours.history.loss).toHaveLength(20);
    const { 'mlflow.runName': _, ...tags } = pythons.tags;
    expect(ours.tags).toEqual({
      ...tags,
      ...contextTags(),
      'mlflow.runName': 'journal',
      'mlflow.parentRunId': seen.pipeline!.id,
      'simclr.run_key': 'key',
    });
    const [report, webp, image, ...more] = ours.artifacts.toSorted(([a], [b]) => (a < b ? -1 : 1));
    expect([report, more]).toEqual([pythons.artifacts[0], []]);
    expect(image![0]).toMatch(/^images\/views~pairs\+step\+2\+timestamp\+\d+\+[0-9a-f-]{36}\.png$/);
    expect(webp![0]).toBe(image![0].replace(/\.png$/, '+compressed.webp'));
  }, 120_000);

  it('can be done without a journal too', async () => {
    const experimentId = await experiments.ensureExperiment({ client, name: 'direct' });
    const { info } = await createRun({ client, experimentId });
    const { runId, artifactUri } = info;
    await logImage({ client, runId, artifactUri, key: 'x', png: await png(10, 10), step: 1 });
    const dataset = metaDataset({ name: 'd', digest: '1', source: '/data/x', rows: 2 });
    await logInputs({ client, runId, datasets: [{ dataset, context: 'evaluation' }] });
    const run = await getRun({ client, runId });
    expect(run.datasets).toEqual([{ dataset, context: 'evaluation' }]);
    expect(run.tags['mlflow.loggedImages']).toBe('True');
    expect(await listArtifacts({ client, artifactUri, path: 'images' })).toHaveLength(2);
  });
});

/** `MLFLOW_TEST_ROUNDS=10` has runs end so often in each way. */
const rounds = Number(process.env.MLFLOW_TEST_ROUNDS ?? 1);

describe.skipIf(!installed)('ends of runs on a real server (needs .venv: npm run setup)', () => {
  endsContract(
    realServer(() => client),
    rounds,
  );
});

// The last one.
describe.skipIf(!installed)('the endpoints of a real server (needs .venv: npm run setup)', () => {
  endpointsContract(() => asked, join(venv, 'python'));
});
