import type { Client } from './client.ts';
import { checkName, LIMITS, limitValue } from './limits.ts';
import { call } from './request.ts';
import type { Metric } from './types.ts';
import { encodeNumber, toMetric, type WireMetric } from './wire.ts';

/** What every function here takes besides its own. */
interface OnRun {
  client: Client;
  runId: string;
  signal?: AbortSignal | undefined;
}

export async function logMetric(
  params: OnRun & { key: string; value: number; step?: number; timestamp?: number },
): Promise<void> {
  const { client, runId, key, value, step = 0, timestamp = Date.now(), signal } = params;
  checkName('metric', key);
  const args = { run_id: runId, key, value: encodeNumber(value), timestamp, step };
  await call({ client, method: 'POST', endpoint: 'runs/log-metric', args, signal });
}

/** Logs a param. The same value again is fine, another one an MlflowError (INVALID_PARAMETER_VALUE). */
export async function logParam(params: OnRun & { key: string; value: string }): Promise<void> {
  const { client, runId, key, signal } = params;
  checkName('param', key);
  const value = limitValue(`param ${key}`, params.value, LIMITS.paramValue, client.truncateLongValues);
  await call({ client, method: 'POST', endpoint: 'runs/log-parameter', args: { run_id: runId, key, value }, signal });
}

export async function setTag(params: OnRun & { key: string; value: string }): Promise<void> {
  const { client, runId, key, signal } = params;
  checkName('tag', key);
  const value = limitValue(`tag ${key}`, params.value, LIMITS.tagValue, client.truncateLongValues);
  await call({ client, method: 'POST', endpoint: 'runs/set-tag', args: { run_id: runId, key, value }, signal });
}

export async function deleteTag({ client, runId, key, signal }: OnRun & { key: string }): Promise<void> {
  await call({ client, method: 'POST', endpoint: 'runs/delete-tag', args: { run_id: runId, key }, signal });
}

/** All points of one curve, in the server's order (time, step, value), page by page. */
export async function* getMetricHistory(
  params: OnRun & { key: string; pageSize?: number },
): AsyncGenerator<Metric, void> {
  const { client, runId, key, pageSize = 10_000, signal } = params;
  let token: string | undefined;
  do {
    const args = { run_id: runId, metric_key: key, max_results: pageSize, page_token: token };
    const page = await call<{ metrics?: WireMetric[]; next_page_token?: string }>({
      client,
      method: 'GET',
      endpoint: 'metrics/get-history',
      args,
      signal,
    });
    yield* (page.metrics ?? []).map(toMetric);
    token = page.next_page_token;
  } while (token);
}
