import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import { MlflowError } from './errors.ts';
import { processAlive } from './processes.ts';
import { call } from './request.ts';

/** How long one question may take: servers far away, or behind a proxy, take seconds. */
const ATTEMPT_MS = 10_000;

/**
 * Waits until a server answers this client: with its credentials, its TLS settings and its proxy, below its path. What
 * is asked is the first experiment, which every server has an answer for; not every one has `/health`.
 *
 * @throws Error one line: after `timeoutMs`; at once when waiting cannot help (not authorized, another kind of server,
 * a certificate), and when `server`, a process of ours that writes to a log, is gone
 */
export async function waitReady(
  client: Client,
  { timeoutMs, server, signal }: { timeoutMs: number; server?: { pid: number; logFile: string }; signal?: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const error = await ask(client, signal);
    if (!error) return;
    if (!error.transient) throw new Error(explain(client, error));
    if (server && !processAlive(server.pid)) {
      const { logFile } = server;
      const hint = `if its data base is damaged, move ${dirname(logFile)} away: the journals fill a new one`;
      throw new Error(`mlflow did not start: ${client.trackingUri}. ${logFile} says why. ${hint}`);
    }
    if (performance.now() > deadline) {
      throw new Error(`mlflow does not answer: ${client.trackingUri} after ${timeoutMs / 1000} s (${brief(error)})`);
    }
    await sleep(200, undefined, signal ? { signal } : {});
  }
}

/** Why the server is not ready, or undefined: it is. */
async function ask(client: Client, signal: AbortSignal | undefined): Promise<MlflowError | undefined> {
  const once = { ...client, maxRetries: 0, timeoutMs: Math.min(ATTEMPT_MS, client.timeoutMs) };
  const endpoint = 'experiments/search';
  try {
    const reply = await call<unknown>({ client: once, method: 'POST', endpoint, args: { max_results: 1 }, signal });
    if (typeof reply === 'object' && reply !== null) return undefined;
    const message = 'the reply is not an object';
    return new MlflowError({ status: 200, code: 'BAD_RESPONSE', message, url: client.trackingUri });
  } catch (error) {
    if (!(error instanceof MlflowError)) throw error;
    // An answer in MLflow's form, such as that of an old server that has no such search: it is there.
    const { status, code, transient } = error;
    const answers = status >= 400 && !transient && !code.startsWith('HTTP_');
    return answers && status !== 401 && status !== 403 ? undefined : error;
  }
}

function explain({ trackingUri, headers }: Client, error: MlflowError): string {
  const { status, code } = error;
  if (status === 401 || status === 403) {
    const given = headers.authorization ? `the ${headers.authorization.split(' ')[0]} credentials are refused. ` : '';
    const hint = 'set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN';
    return `mlflow: not authorized at ${trackingUri} (${status}): ${given}${hint}`;
  }
  if (code === 'BAD_RESPONSE') return `mlflow: not an MLflow server: ${trackingUri} answers with something else`;
  if (status === 404) {
    return `mlflow: no MLflow API: ${trackingUri} (404). is a path missing, as in https://host/mlflow?`;
  }
  if (code === 'CERTIFICATE') {
    const hint = 'MLFLOW_TRACKING_SERVER_CERT_PATH=<file.pem> names one to trust';
    return `mlflow: ${brief(error)}; ${hint}`;
  }
  return `mlflow: ${trackingUri}: ${brief(error)}`;
}

const brief = ({ status, detail }: MlflowError) =>
  status ? `it answers ${status}` : detail.replace('not reachable: ', '');
