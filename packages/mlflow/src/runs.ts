import type { Client } from './client.ts';
import { checkName, LIMITS, limitValue } from './limits.ts';
import { pages } from './pages.ts';
import { call } from './request.ts';
import type { Run, RunInfo, RunStatus, ViewType } from './types.ts';
import { toPairs, toRun, type WireRun } from './wire.ts';

/** The tag that ties a run to its journal: the key is made before the server is reached, the run id by the server. */
export const RUN_KEY_TAG = 'simclr.run_key';

interface Common {
  client: Client;
  signal?: AbortSignal | undefined;
}

export async function createRun(
  params: Common & { experimentId: string; runName?: string; startTime?: number; tags?: Record<string, string> },
): Promise<Run> {
  const { client, experimentId, runName, startTime = Date.now(), tags = {}, signal } = params;
  const limited = Object.entries(tags).map(([key, value]): [string, string] => {
    checkName('tag', key);
    return [key, limitValue(`tag ${key}`, value, LIMITS.tagValue, client.truncateLongValues)];
  });
  const args = {
    experiment_id: experimentId,
    run_name: runName,
    start_time: startTime,
    tags: toPairs(Object.fromEntries(limited)),
  };
  const reply = await call<{ run: WireRun }>({ client, method: 'POST', endpoint: 'runs/create', args, signal });
  return toRun(reply.run);
}

export async function getRun({ client, runId, signal }: Common & { runId: string }): Promise<Run> {
  const args = { run_id: runId };
  return toRun((await call<{ run: WireRun }>({ client, method: 'GET', endpoint: 'runs/get', args, signal })).run);
}

/** Sets what is given. A run that goes on after its end (status RUNNING again) keeps its end time until the next end. */
export async function updateRun(
  params: Common & { runId: string; status?: RunStatus; endTime?: number; runName?: string },
): Promise<RunInfo> {
  const { client, runId, status, endTime, runName, signal } = params;
  const args = { run_id: runId, status, end_time: endTime, run_name: runName };
  const endpoint = 'runs/update';
  const reply = await call<{ run_info: WireRun['info'] }>({ client, method: 'POST', endpoint, args, signal });
  return toRun({ info: reply.run_info }).info;
}

export async function deleteRun({ client, runId, signal }: Common & { runId: string }): Promise<void> {
  await call({ client, method: 'POST', endpoint: 'runs/delete', args: { run_id: runId }, signal });
}

export async function restoreRun({ client, runId, signal }: Common & { runId: string }): Promise<void> {
  await call({ client, method: 'POST', endpoint: 'runs/restore', args: { run_id: runId }, signal });
}

/** Runs, page by page. `filter` and `orderBy` are MLflow's search language, as in `metrics.accuracy > 0.9`. */
export function searchRuns(
  params: Common & {
    experimentIds: string[];
    filter?: string;
    orderBy?: string[];
    viewType?: ViewType;
    pageSize?: number;
  },
): AsyncGenerator<Run, void> {
  const { client, experimentIds, filter, orderBy, viewType = 'ACTIVE_ONLY', pageSize = 1000, signal } = params;
  const args = {
    experiment_ids: experimentIds,
    filter,
    order_by: orderBy,
    run_view_type: viewType,
    max_results: pageSize,
  };
  return pages(
    { client, method: 'POST', endpoint: 'runs/search', args, signal },
    (page: { runs?: WireRun[]; next_page_token?: string }) => (page.runs ?? []).map(toRun),
  );
}

interface ByKey extends Common {
  experimentIds: string[];
  key: string;
}

/** The run that a journal of this key was sent to, or undefined. */
export async function findRunByKey(params: ByKey): Promise<Run | undefined> {
  for await (const run of runsByKey(params)) return run;
  return undefined;
}

/** All runs of a journal's key, the oldest first. */
export function runsByKey({ client, experimentIds, key, signal }: ByKey): AsyncGenerator<Run, void> {
  const filter = `tags.\`${RUN_KEY_TAG}\` = '${key}'`;
  return searchRuns({ client, experimentIds, filter, orderBy: ['start_time ASC'], pageSize: 10, signal });
}

/** The page of a run in MLflow's web interface. */
export function runUrl(params: { trackingUri: string; experimentId: string; runId: string }): string {
  return `${params.trackingUri}/#/experiments/${params.experimentId}/runs/${params.runId}`;
}
