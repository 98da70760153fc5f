import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { V1Job } from '@kubernetes/client-node';
import { Ajv, type ValidateFunction } from 'ajv';
import { ToyJobs } from './toy-jobs.ts';

/** A server that stands for Kubernetes', on loopback: it speaks as much of its API as Indexed Jobs need, and runs their pods. */
export interface ToyKubernetes {
  /** For all that talks to it. */
  env: { KUBECONFIG: string };
  jobs: ToyJobs;
  /** The manifests that were sent, in their order. */
  sent: V1Job[];
  stop(): Promise<void>;
}

export const IMAGE = 'toy:1';
const TOKEN = 'of the toy';
const NAMESPACE = 'studies';

let compiled: ValidateFunction | undefined;

/** What is wrong with a manifest of a Job, by the schema that Kubernetes publishes, and by its rules for what ours use. */
export function mistakesOf(job: V1Job): string[] {
  compiled ??= new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
    JSON.parse(readFileSync(join(import.meta.dirname, 'testdata/kubernetes-job.schema.json'), 'utf8')),
  );
  const validate = compiled;
  if (!validate(job)) return validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
  const { completionMode, backoffLimitPerIndex, podFailurePolicy, podReplacementPolicy, template } = job.spec!;
  const rules = podFailurePolicy?.rules ?? [];
  const names = template.spec!.containers.flatMap(({ env = [] }) => env.map(({ name }) => name));
  const claimed = template.spec!.volumes?.map(({ name }) => name) ?? [];
  const checks: [boolean, string][] = [
    [/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(job.metadata!.name!), 'name: a label of DNS'],
    [/^(Indexed|NonIndexed)$/.test(completionMode ?? ''), 'completionMode: Indexed or NonIndexed'],
    [backoffLimitPerIndex === undefined || completionMode === 'Indexed', 'backoffLimitPerIndex: of Indexed Jobs'],
    [template.spec!.restartPolicy === 'Never', 'podFailurePolicy: with restartPolicy Never'],
    [podReplacementPolicy === 'Failed', 'podFailurePolicy: with podReplacementPolicy Failed'],
    [rules.every(({ action }) => /^(Ignore|FailIndex|FailJob|Count)$/.test(action)), 'action: a known one'],
    [rules.every(({ onExitCodes: of }) => !of || of.operator === 'NotIn' || !of.values.includes(0)), 'In: without 0'],
    [names.every((name, i) => names.indexOf(name) === i), 'env: each name once'],
    [
      template.spec!.containers.every(({ volumeMounts = [] }) =>
        volumeMounts.every(({ name }) => claimed.includes(name)),
      ),
      'volumeMounts: of volumes',
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, rule]) => rule);
}

/** @param cores of each node */
export async function startKubernetes(cores: number[]): Promise<ToyKubernetes> {
  const dir = mkdtempSync(join(tmpdir(), 'kubernetes-'));
  const jobs = new ToyJobs(
    cores.map((cpu, i) => ({ name: `n${i + 1}`, cpu, ready: true })),
    [IMAGE],
  );
  const sent: V1Job[] = [];
  const server = createServer((request, response) => {
    answer(jobs, sent, request, response).catch((error: Error) => fail(response, 500, error.message));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const config = {
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'toy' },
    clusters: [{ name: 'toy', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'me', user: { token: TOKEN } }],
    contexts: [{ name: 'toy', context: { cluster: 'toy', user: 'me', namespace: NAMESPACE } }],
  };
  writeFileSync(join(dir, 'config'), JSON.stringify(config)); // JSON is YAML.
  const stop = async () => {
    jobs.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(dir, { recursive: true, force: true });
  };
  return { env: { KUBECONFIG: join(dir, 'config') }, jobs, sent, stop };
}

async function answer(jobs: ToyJobs, sent: V1Job[], request: IncomingMessage, response: ServerResponse) {
  const { pathname, searchParams } = new URL(request.url!, 'http://toy');
  const [, kind, name, part] =
    /^\/api(?:s\/batch)?\/v1\/namespaces\/studies\/(jobs|pods)(?:\/([^/]+))?(\/log)?$/.exec(pathname) ?? [];
  const method = `${request.method} ${kind}${name ? '/name' : ''}${part ?? ''}`;
  const body = request.method === 'POST' || request.method === 'DELETE' ? await json(request).catch(() => ({})) : {};
  const option = (option: string) => searchParams.get(option) ?? (body as Record<string, string>)[option] ?? '';
  const selected = () => jobs.pods(NAMESPACE, option('labelSelector'));
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return fail(response, 401, 'Unauthorized');
  if (method === 'POST jobs') {
    const job = body as V1Job;
    const [mistake] = mistakesOf(job);
    if (mistake) return fail(response, 422, `Job "${job.metadata?.name}" is invalid: ${mistake}`);
    sent.push(structuredClone(job));
    return send(response, 201, jobs.create(NAMESPACE, job));
  }
  if (method === 'GET pods') {
    const items = selected().map(({ pod }) => pod);
    return send(response, 200, { apiVersion: 'v1', kind: 'PodList', metadata: {}, items });
  }
  if (method === 'DELETE pods') {
    for (const running of selected()) if (running.child) jobs.terminate(running, Number(option('gracePeriodSeconds')));
    return send(response, 200, { apiVersion: 'v1', kind: 'Status', status: 'Success' });
  }
  if (method === 'GET pods/name/log') {
    const found = [...jobs.kept.values()].flatMap(({ pods }) => pods).find(({ pod }) => pod.metadata!.name === name);
    if (!found) return fail(response, 404, `pods "${name}" not found`);
    const lines = found.said.split(/(?<=\n)/).slice(-Number(option('tailLines')));
    return response.writeHead(200, { 'content-type': 'text/plain' }).end(lines.join(''));
  }
  const key = `${NAMESPACE}/${name}`;
  const job = kind === 'jobs' && name ? jobs.read(key) : undefined;
  if (!job) return fail(response, 404, `${pathname} not found`);
  if (method === 'DELETE jobs/name') {
    jobs.delete(key, option('propagationPolicy'));
    return send(response, 200, { apiVersion: 'v1', kind: 'Status', status: 'Success' });
  }
  return method === 'GET jobs/name' ? send(response, 200, job) : fail(response, 405, method);
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const fail = (response: ServerResponse, code: number, message: string): void =>
  send(response, code, { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, message });
