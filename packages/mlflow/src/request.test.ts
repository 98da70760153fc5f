import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch } from '@simclr/web';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Client, createClient } from './client.ts';
import { MlflowError } from './errors.ts';
import { ensureExperiment } from './experiments.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { request, retryDelay } from './request.ts';
import { createRun, getRun } from './runs.ts';

let server: FakeServer;
let client: Client;
let runId: string;

beforeEach(async () => {
  server = await startFakeServer();
  const env = { MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: '0', MLFLOW_HTTP_REQUEST_BACKOFF_JITTER: '0.01' };
  client = createClient({ trackingUri: server.uri, env });
  const experimentId = await ensureExperiment({ client, name: 'e' });
  runId = (await createRun({ client, experimentId, runName: 'r' })).info.runId;
  server.requests.length = 0;
});
afterEach(() => server.close());

/** The error of a request to get the run, and how many requests were made. */
async function failure(from: Client = client): Promise<{ error: MlflowError; requests: number }> {
  const error = await getRun({ client: from, runId }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(MlflowError);
  return { error: error as MlflowError, requests: server.requests.length };
}

describe('request', () => {
  it.each([408, 429, 500, 502, 503, 504])('tries again after %i', async (status) => {
    server.fault = ({ count }) => (count < 4 ? { status } : undefined);
    expect((await getRun({ client, runId })).info.runName).toBe('r');
    expect(server.requests).toHaveLength(4);
  });

  it('gives up after the allowed retries with status, code and address', async () => {
    server.fault = () => ({ status: 503, body: '<html>\n  down for maintenance\n</html>' });
    const { error, requests } = await failure({ ...client, maxRetries: 2 });
    expect(requests).toBe(3);
    expect(error).toMatchObject({ status: 503, code: 'HTTP_503', transient: true });
    expect(error.url).toContain('/api/2.0/mlflow/runs/get');
    expect(error.message).toMatch(/^mlflow: <html> down for maintenance <\/html> \(HTTP_503 503, http:.*\)$/);
  });

  it('does not try again what can only fail again', async () => {
    const error = await getRun({ client, runId: 'none' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ status: 404, code: 'RESOURCE_DOES_NOT_EXIST', transient: false });
    expect(server.requests).toHaveLength(1);
  });

  it('waits as long as Retry-After says, in seconds or as a date', async () => {
    for (const kind of ['seconds', 'date']) {
      const header = kind === 'seconds' ? '1' : new Date(Date.now() + 2000).toUTCString();
      server.requests.length = 0;
      server.fault = ({ count }) => (count === 1 ? { status: 429, headers: { 'retry-after': header } } : undefined);
      const begin = performance.now();
      await getRun({ client, runId });
      // A date has whole seconds: of 2 s at least 1 is left.
      expect(performance.now() - begin).toBeGreaterThan(900);
      expect(server.requests).toHaveLength(2);
    }
  });

  it.each(['cut', 'lost'] as const)('tries again when the connection is %s', async (fault) => {
    server.fault = ({ count }) => (count < 3 ? fault : undefined);
    expect((await getRun({ client, runId })).info.runName).toBe('r');
    expect(server.requests).toHaveLength(3);
  });

  it('tries again when an answer does not come in time', async () => {
    server.fault = ({ count }) => (count === 1 ? 'hang' : undefined);
    expect((await getRun({ client: { ...client, timeoutMs: 100 }, runId })).info.runName).toBe('r');
    server.fault = () => 'hang';
    const { error } = await failure({ ...client, timeoutMs: 50, maxRetries: 1 });
    expect(error).toMatchObject({ status: 0, code: 'TIMEOUT', transient: true });
    expect(error.message).toContain('MLFLOW_HTTP_REQUEST_TIMEOUT');
  });

  it('waits on for what moves, and no longer than two minutes for what the server asks', async () => {
    const waits: number[] = [];
    const slow: Fetch = async (_, init) => {
      const pieces = new Response(init!.body).body!.values();
      for await (const piece of pieces) waits.push((await sleep(60, piece)).length);
      return new Response('{}');
    };
    const blob = new Blob(Array.from({ length: 4 }, () => new Uint8Array(70_000)));
    const sent = request({ client: { ...client, fetch: slow, timeoutMs: 150 }, method: 'PUT', url: 'x', body: blob });
    expect(Buffer.from(await sent).toString()).toBe('{}');
    expect(waits.length * 60).toBeGreaterThan(150);
    expect(waits.reduce((sum, length) => sum + length)).toBe(blob.size);
    const error = new MlflowError({ status: 429, code: 'c', message: 'm', url: 'x', retryAfterMs: 86_400_000 });
    expect(retryDelay(client, error, 1)).toBe(120_000);
  });

  it('says in one line that nobody listens', async () => {
    const { uri } = server;
    await server.close();
    const { error } = await failure({ ...client, maxRetries: 1 });
    expect(error.message).toBe(
      `mlflow: not reachable: ECONNREFUSED (UNREACHABLE, ${uri}/api/2.0/mlflow/runs/get?run_id=${runId})`,
    );
    server = await startFakeServer();
  });

  it('says when something else than MLflow answers', async () => {
    server.fault = () => ({ status: 200, body: 'welcome to the hotel' });
    expect((await failure()).error).toMatchObject({ code: 'BAD_RESPONSE', transient: false });
  });

  it('stops at once when aborted, in a request and between two', async () => {
    for (const fault of ['hang', { status: 503, headers: { 'retry-after': '60' } }] as const) {
      server.fault = () => fault;
      // Else each would take longer than this test may.
      const signal = AbortSignal.timeout(50);
      await expect(getRun({ client, runId, signal })).rejects.toThrow(/abort/);
    }
  });
});

describe('createClient', () => {
  const headers = (env: Record<string, string>, trackingUri = 'http://localhost:5000/mlflow/') =>
    createClient({ trackingUri, env }).headers;

  it('takes credentials from the environment: user and password, else the token, else the address', () => {
    const user = { MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: 'pw' };
    expect(headers({})).toEqual({});
    expect(headers(user)).toEqual({ authorization: `Basic ${btoa('ann:pw')}` });
    // Python's order (mlflow/utils/rest_utils.py).
    expect(headers({ ...user, MLFLOW_TRACKING_TOKEN: 't' })).toEqual(headers(user));
    expect(headers({ MLFLOW_TRACKING_TOKEN: 't' }, 'http://bob:x@host')).toEqual({ authorization: 'Bearer t' });
    expect(headers({ MLFLOW_WORKSPACE: 'team' })).toEqual({ 'x-mlflow-workspace': 'team' });
    expect(headers({}, 'http://bob:x%40@host')).toEqual({ authorization: `Basic ${btoa('bob:x@')}` });
  });

  it('sends them with every request and keeps them out of the address', async () => {
    const uri = server.uri.replace('http://', 'http://bob:secret@');
    const named = createClient({ trackingUri: uri, env: { MLFLOW_WORKSPACE: 'team' } });
    await getRun({ client: named, runId });
    expect(server.requests[0]!.headers).toMatchObject({
      authorization: 'Basic Ym9iOnNlY3JldA==',
      'x-mlflow-workspace': 'team',
    });
    expect(named.trackingUri).toBe(server.uri);
  });

  it('has the Python client’s defaults and variables', () => {
    const trackingUri = 'http://h';
    expect(createClient({ trackingUri, env: {} })).toMatchObject({
      maxRetries: 7,
      backoffFactor: 2,
      backoffJitter: 1,
      timeoutMs: 120_000,
      truncateLongValues: true,
    });
    const env = {
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: '3',
      MLFLOW_HTTP_REQUEST_TIMEOUT: '5',
      MLFLOW_TRUNCATE_LONG_VALUES: 'False',
    };
    expect(createClient({ trackingUri, env })).toMatchObject({
      maxRetries: 3,
      timeoutMs: 5000,
      truncateLongValues: false,
    });
    expect(createClient({ env: { MLFLOW_TRACKING_URI: 'https://h/mlflow/' } }).trackingUri).toBe('https://h/mlflow');
  });

  it('rejects what it cannot use in one line', () => {
    const of =
      (trackingUri?: string, env = {}) =>
      () =>
        createClient({ ...(trackingUri ? { trackingUri } : {}), env });
    expect(of()).toThrow('missing tracking uri. set MLFLOW_TRACKING_URI=http://host:port');
    expect(of('sqlite:///x.db')).toThrow(
      'unknown tracking uri: sqlite:///x.db. allowed: http://host:port, https://host:port',
    );
    expect(of('http://h', { MLFLOW_HTTP_REQUEST_TIMEOUT: 'soon' })).toThrow(
      'invalid MLFLOW_HTTP_REQUEST_TIMEOUT: soon',
    );
    expect(of('http://h', { MLFLOW_TRUNCATE_LONG_VALUES: 'yes' })).toThrow('invalid MLFLOW_TRUNCATE_LONG_VALUES: yes');
  });
});
