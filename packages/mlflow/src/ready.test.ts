import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClient } from './client.ts';
import { ensureExperiment } from './experiments.ts';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { waitReady } from './ready.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const closing: (() => void)[] = [];
async function serve(handler: Handler): Promise<string> {
  const server = createServer(handler);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let mlflow: FakeServer;
beforeEach(async () => {
  mlflow = await startFakeServer();
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await mlflow.close();
});

/** Passes a request on to MLflow, at `path`. */
const pass = (incoming: IncomingMessage, response: ServerResponse, path = incoming.url!) => {
  const { method, headers } = incoming;
  const onward = request(mlflow.uri, { path, method, headers }, (reply) => {
    response.writeHead(reply.statusCode!, reply.headers);
    reply.pipe(response);
  });
  incoming.pipe(onward);
};
const ready = (trackingUri: string, env: Record<string, string> = {}, timeoutMs = 0) =>
  waitReady(createClient({ trackingUri, env }), { timeoutMs });

describe('waitReady', () => {
  it('needs no /health, and logs nothing', async () => {
    const uri = await serve((incoming, response) => {
      if (incoming.url!.startsWith('/health')) response.writeHead(404).end('not found');
      else pass(incoming, response);
    });
    await ready(uri);
    expect(mlflow.requests.map(({ path }) => path)).toEqual(['/api/2.0/mlflow/experiments/search']);
    expect(mlflow.runs.size).toBe(0);
  });

  it('goes below the path and through the proxy that the client goes through', async () => {
    const prefix = await serve((incoming, response) => {
      if (incoming.url!.startsWith('/team/mlflow/'))
        pass(incoming, response, incoming.url!.slice('/team/mlflow'.length));
      else response.writeHead(404).end('nothing here');
    });
    await ready(`${prefix}/team/mlflow/`);
    await expect(ready(prefix)).rejects.toThrow(
      `mlflow: no MLflow API: ${prefix} (404). is a path missing, as in https://host/mlflow?`,
    );
    const http_proxy = await serve((incoming, response) => pass(incoming, response, new URL(incoming.url!).pathname));
    const client = createClient({ trackingUri: 'http://mlflow.internal', env: { http_proxy } });
    await waitReady(client, { timeoutMs: 0 });
    expect(await ensureExperiment({ client, name: 'far' })).toBe('1');
  });

  it('takes the client’s credentials, and says so where they are missing or wrong', async () => {
    const uri = await serve((incoming, response) => {
      const { authorization } = incoming.headers;
      if (authorization === `Basic ${btoa('me:secret')}` || authorization === 'Bearer t') pass(incoming, response);
      else response.writeHead(authorization ? 403 : 401, { 'www-authenticate': 'Basic' }).end('<h1>401</h1>');
    });
    const hint = 'set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN';
    const user = { MLFLOW_TRACKING_USERNAME: 'me', MLFLOW_TRACKING_PASSWORD: 'secret' };
    await ready(uri, user);
    await ready(uri, { MLFLOW_TRACKING_TOKEN: 't' });
    await ready(uri.replace('//', '//me:secret@'));
    // At once, however long there is.
    await expect(ready(uri, {}, 60_000)).rejects.toThrow(`mlflow: not authorized at ${uri} (401): ${hint}`);
    await expect(ready(uri, { ...user, MLFLOW_TRACKING_PASSWORD: 'x' }, 60_000)).rejects.toThrow(
      `mlflow: not authorized at ${uri} (403): the Basic credentials are refused. ${hint}`,
    );
  });

  it('tells a page that is not MLflow’s', async () => {
    for (const body of ['<html>welcome</html>', '"text"', '[]x']) {
      const uri = await serve((_incoming, response) => void response.end(body));
      await expect(ready(uri, {}, 60_000)).rejects.toThrow(
        `mlflow: not an MLflow server: ${uri} answers with something else`,
      );
    }
  });

  it('takes any answer in MLflow’s form for one: an old server has no such search', async () => {
    mlflow.fault = () => ({ status: 404, body: JSON.stringify({ error_code: 'ENDPOINT_NOT_FOUND', message: 'none' }) });
    await ready(mlflow.uri);
  });

  it('waits while a gateway says that the server is coming, and says why when it does not', async () => {
    mlflow.fault = ({ count }) => (count < 3 ? { status: 503 } : undefined);
    await ready(mlflow.uri, {}, 60_000);
    mlflow.fault = () => ({ status: 502 });
    await expect(ready(mlflow.uri, {}, 300)).rejects.toThrow(
      `mlflow does not answer: ${mlflow.uri} after 0.3 s (it answers 502)`,
    );
  });

  it('says what the proxy says, at once where waiting does not help', async () => {
    const http_proxy = await serve((_incoming, response) => void response.writeHead(407).end());
    await expect(ready('http://mlflow.internal', { http_proxy }, 60_000)).rejects.toThrow(
      `mlflow: http://mlflow.internal: proxy asks for credentials: ${http_proxy} (http_proxy). allowed: http://user:`,
    );
    closing.splice(0).forEach((close) => void close());
    await expect(ready('http://mlflow.internal', { http_proxy })).rejects.toThrow(
      `mlflow does not answer: http://mlflow.internal after 0 s (proxy not reachable: ${http_proxy} (http_proxy): ECONNREFUSED)`,
    );
  });

  it('stops when it is told to', async () => {
    mlflow.fault = () => 'hang';
    const client = createClient({ trackingUri: mlflow.uri, env: {} });
    await expect(waitReady(client, { timeoutMs: 60_000, signal: AbortSignal.timeout(50) })).rejects.toThrow(/abort/);
  });
});
