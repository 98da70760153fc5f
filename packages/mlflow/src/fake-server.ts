import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

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

export interface FakeRun {
  experimentId: string;
  name: string;
  status: string;
  endTime: number | undefined;
  /** Identity of a point → the point. */
  points: Map<string, { key: string; value: number | string; timestamp: number; step: number }>;
  params: Map<string, string>;
  tags: Map<string, string>;
  datasets: Map<string, unknown>;
}

interface Pair {
  key: string;
  value: string;
}

/** The arguments of all endpoints together. */
interface Args extends Pair {
  experiment_name: string;
  name: string;
  experiment_ids: string[];
  filter: string;
  experiment_id: string;
  run_name: string;
  run_id: string;
  status: string;
  end_time?: number;
  datasets: { dataset: { name: string; digest: string } }[];
  metrics: { key: string; value: number | string; timestamp: number; step: number }[];
  params: Pair[];
  tags: Pair[];
}

class Refused extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export async function startFakeServer(): Promise<FakeServer> {
  const experiments = new Map<string, string>();
  let created = 0; // run ids are never used again
  const requests: FakeServer['requests'] = [];
  const runs: FakeServer['runs'] = new Map();
  const artifacts: FakeServer['artifacts'] = new Map();
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fake: FakeServer = {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    runs,
    artifacts,
    fault: () => undefined,
    wipe() {
      experiments.clear();
      runs.clear();
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
    const handler = endpoints[url.pathname.replace('/api/2.0/mlflow/', '')];
    if (!handler) throw new Refused('ENDPOINT_NOT_FOUND', url.pathname, 404);
    return handler(args);
  }

  function runOf(args: { run_id: string }): FakeRun {
    const run = runs.get(args.run_id);
    if (!run) throw new Refused('RESOURCE_DOES_NOT_EXIST', `Run with id=${args.run_id} not found`, 404);
    return run;
  }

  const wire = (id: string, run: FakeRun) => ({
    info: {
      run_id: id,
      run_name: run.name,
      experiment_id: run.experimentId,
      status: run.status,
      start_time: 0,
      artifact_uri: `mlflow-artifacts:/${run.experimentId}/${id}/artifacts`,
      lifecycle_stage: 'active',
    },
    data: {},
  });

  const endpoints: Record<string, (args: Args) => unknown> = {
    'experiments/search': () => ({ experiments: [] }),
    'experiments/get-by-name'(args) {
      const id = experiments.get(args.experiment_name);
      if (!id) throw new Refused('RESOURCE_DOES_NOT_EXIST', 'no such experiment', 404);
      return {
        experiment: { experiment_id: id, name: args.experiment_name, artifact_location: '', lifecycle_stage: 'active' },
      };
    },
    'experiments/create'(args) {
      if (experiments.has(args.name)) throw new Refused('RESOURCE_ALREADY_EXISTS', 'exists');
      experiments.set(args.name, String(experiments.size + 1));
      return { experiment_id: experiments.get(args.name) };
    },
    'runs/search'(args) {
      const key = /= '(.*)'$/.exec(args.filter)?.[1];
      const found = [...runs].filter(
        ([, run]) => args.experiment_ids.includes(run.experimentId) && run.tags.get('simclr.run_key') === key,
      );
      return { runs: found.map(([id, run]) => wire(id, run)) };
    },
    'runs/create'(args) {
      const id = `run${++created}`;
      const tags = new Map(args.tags.map(({ key, value }) => [key, value]));
      const empty = { points: new Map(), params: new Map(), datasets: new Map() };
      runs.set(id, {
        experimentId: args.experiment_id,
        name: args.run_name,
        status: 'RUNNING',
        endTime: undefined,
        tags,
        ...empty,
      });
      return { run: wire(id, runs.get(id)!) };
    },
    'runs/get': (args) => ({ run: wire(args.run_id, runOf(args)) }),
    'runs/delete'(args) {
      runOf(args);
      runs.delete(args.run_id);
      return {};
    },
    'runs/update'(args) {
      const run = runOf(args);
      run.status = args.status;
      run.endTime = args.end_time ?? run.endTime;
      return { run_info: wire(args.run_id, run).info };
    },
    'runs/set-tag'(args) {
      runOf(args).tags.set(args.key, args.value);
      return {};
    },
    'runs/log-inputs'(args) {
      const run = runOf(args);
      for (const input of args.datasets) run.datasets.set(`${input.dataset.name} ${input.dataset.digest}`, input);
      return {};
    },
    'runs/log-batch'(args) {
      const run = runOf(args);
      const { metrics, params, tags } = args;
      const total = metrics.length + params.length + tags.length;
      if (total > 1000 || params.length > 100 || tags.length > 100) {
        throw new Refused('INVALID_PARAMETER_VALUE', 'batch too large');
      }
      if (new Set(params.map(({ key }) => key)).size < params.length)
        throw new Refused('INVALID_PARAMETER_VALUE', 'duplicate params');
      for (const { key, value } of params) {
        if ((run.params.get(key) ?? value) !== value)
          throw new Refused('INVALID_PARAMETER_VALUE', `param ${key} is immutable`);
      }
      for (const { key, value } of params) run.params.set(key, value);
      for (const point of metrics)
        run.points.set(JSON.stringify([point.key, point.timestamp, point.step, point.value]), point);
      for (const { key, value } of tags) run.tags.set(key, value);
      return {};
    },
  };
  return fake;
}
