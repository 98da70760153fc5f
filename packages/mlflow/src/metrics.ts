import type { Client } from './client.ts';
import { checkName, LIMITS, limitValue } from './limits.ts';
import { pages } from './pages.ts';
import { call } from './request.ts';
import type { Metric } from './types.ts';
import { toMetric, toWireMetric, type WireMetric } from './wire.ts';

/** What every function here takes besides its own. */
interface OnRun {
  client: Client;
  runId: string;
  signal?: AbortSignal | undefined;
}

export async function logMetric(
  params: OnRun & Pick<Metric, 'key' | 'value' | 'modelId' | 'dataset'> & { step?: number; timestamp?: number },
): Promise<void> {
  const { client, runId, signal, step = 0, timestamp = Date.now(), ...point } = params;
  checkName('metric', point.key);
  const args = { run_id: runId, ...toWireMetric({ ...point, step, timestamp }) };
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
export function getMetricHistory(params: OnRun & { key: string; pageSize?: number }): AsyncGenerator<Metric, void> {
  const { client, runId, key, pageSize = 10_000, signal } = params;
  const args = { run_id: runId, metric_key: key, max_results: pageSize };
  return pages(
    { client, method: 'GET', endpoint: 'metrics/get-history', args, signal },
    (page: { metrics?: WireMetric[]; next_page_token?: string }) => (page.metrics ?? []).map(toMetric),
  );
}

/**
 * One curve of several runs, thinned by the server to about `maxResults` points a run, spread evenly over the steps: what
 * a chart needs, in one request.
 *
 * @param params.startStep inclusive, as `endStep`; both or none
 */
export async function getMetricHistoryBulkInterval(params: {
  client: Client;
  runIds: string[];
  key: string;
  startStep?: number;
  endStep?: number;
  maxResults?: number;
  signal?: AbortSignal | undefined;
}): Promise<(Metric & { runId: string })[]> {
  const { client, runIds, key, startStep, endStep, maxResults = 320, signal } = params;
  const args = {
    run_ids: runIds,
    metric_key: key,
    start_step: startStep,
    end_step: endStep,
    max_results: maxResults,
  };
  const endpoint = 'metrics/get-history-bulk-interval';
  const reply = await call<{ metrics?: (WireMetric & { run_id: string })[] }>({
    client,
    method: 'GET',
    endpoint,
    args,
    signal,
  });
  return (reply.metrics ?? []).map((wire) => ({ ...toMetric(wire), runId: wire.run_id }));
}
