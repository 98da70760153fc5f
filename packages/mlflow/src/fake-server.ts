import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Args, type FakeRun, fakeStore, Refused } from './fake-store.ts';

/**
 * For tests: the part of an MLflow server that sending uses, in memory and over real HTTP, with MLflow's rules (a point
 * is identified by key, timestamp, step and value; params are immutable) and with faults on demand.
 */
export interface FakeServer {
  uri: string;
  requests: { method: string; path: string; body: string; headers: IncomingMessage['headers'] }[];
  runs: Map<string, FakeRun>;
  artifacts: Map<string, Buffer>;
  /** Decides about each request before it is handled. */
  fault: (request: { method: string; path: string; count: number }) => Fault | undefined;
  /** Forgets everything, as if the data base had been made anew. */
  wipe(): void;
  close(): Promise<void>;
}

/** `lost`: handled, but the answer is cut in the middle. `cut`: cut without being handled. `twice`: handled two times. */
export type Fault =
  | 'hang'
  | 'cut'
  | 'lost'
  | 'twice'
  | { status: number; headers?: Record<string, string>; body?: string };

export async function startFakeServer(): Promise<FakeServer> {
  const store = fakeStore();
  const requests: FakeServer['requests'] = [];
  const artifacts: FakeServer['artifacts'] = new Map();
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fake: FakeServer = {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    runs: store.runs,
    artifacts,
    fault: () => undefined,
    wipe() {
      store.wipe();
      artifacts.clear();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', 'http://x');
    const method = request.method ?? 'GET';
    requests.push({ method, path: url.pathname, body: body.toString('utf8'), headers: request.headers });
    const fault = fake.fault({ method, path: url.pathname, count: requests.length });
    if (fault === 'hang') return;
    if (fault === 'cut') return void request.socket.destroy();
    if (typeof fault === 'object') {
      response.writeHead(fault.status, fault.headers).end(fault.body ?? 'fault');
      return;
    }
    let status = 200;
    let reply: unknown;
    try {
      if (fault === 'twice') handle(method, url, body);
      reply = handle(method, url, body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      status = error.status;
      reply = { error_code: error.code, message: error.message };
    }
    const text = JSON.stringify(reply);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    if (fault === 'lost') {
      response.write(text.slice(0, 1), () => request.socket.destroy());
      return;
    }
    response.end(text);
  }

  function handle(method: string, url: URL, body: Buffer): unknown {
    const proxy = '/api/2.0/mlflow-artifacts/artifacts/';
    if (url.pathname.startsWith(proxy) && method === 'PUT') {
      artifacts.set(decodeURIComponent(url.pathname.slice(proxy.length)), body);
      return {};
    }
    const query: unknown = Object.fromEntries(url.searchParams);
    const args = (method === 'GET' ? query : JSON.parse(body.toString('utf8'))) as Args;
    const handler = store.endpoints[url.pathname.replace('/api/2.0/mlflow/', '')];
    if (!handler) throw new Refused('ENDPOINT_NOT_FOUND', url.pathname, 404);
    return handler(args);
  }

  return fake;
}
