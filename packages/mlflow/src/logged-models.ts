import type { Client } from './client.ts';
import { checkName, LIMITS, limitValue } from './limits.ts';
import { pages } from './pages.ts';
import { call } from './request.ts';
import type { LoggedModel, LoggedModelStatus } from './types.ts';
import { toLoggedModel, toPairs, type WireLoggedModel } from './wire.ts';

/** Logged models (MLflow 3): what a run made, with params of its own and metrics that belong to it and a dataset. */

interface OnModel {
  client: Client;
  modelId: string;
  signal?: AbortSignal | undefined;
}

interface Reply {
  model: WireLoggedModel;
}

/**
 * A model whose files are still to come: `uploadArtifact` at its `artifactUri`, then `finalizeLoggedModel`.
 *
 * @param params.modelType such as `encoder`; free text
 */
export async function createLoggedModel(params: {
  client: Client;
  experimentId: string;
  name?: string;
  sourceRunId?: string;
  modelType?: string;
  params?: Record<string, string>;
  tags?: Record<string, string>;
  signal?: AbortSignal | undefined;
}): Promise<LoggedModel> {
  const { client, experimentId, name, sourceRunId, modelType, tags = {}, signal } = params;
  const own = Object.entries(params.params ?? {});
  const args = {
    experiment_id: experimentId,
    name,
    source_run_id: sourceRunId,
    model_type: modelType,
    params: paramPairs(own.slice(0, LIMITS.batchParams), client),
    tags: toPairs(tags),
  };
  const reply = await call<Reply>({ client, method: 'POST', endpoint: 'logged-models', args, signal });
  const model = toLoggedModel(reply.model);
  const more = own.slice(LIMITS.batchParams);
  if (more.length === 0) return model;
  const { modelId } = model;
  await logLoggedModelParams({ client, modelId, params: Object.fromEntries(more), signal });
  return getLoggedModel({ client, modelId, signal });
}

/** Says that its files are complete (`LOGGED_MODEL_READY`), or that they never will be. */
export async function finalizeLoggedModel(
  params: OnModel & { status: Exclude<LoggedModelStatus, 'LOGGED_MODEL_PENDING'> },
): Promise<LoggedModel> {
  const { client, modelId, status, signal } = params;
  const args = { model_id: modelId, status };
  return toLoggedModel((await call<Reply>({ client, method: 'PATCH', endpoint: path(modelId), args, signal })).model);
}

export async function getLoggedModel({ client, modelId, signal }: OnModel): Promise<LoggedModel> {
  const endpoint = path(modelId);
  return toLoggedModel((await call<Reply>({ client, method: 'GET', endpoint, args: {}, signal })).model);
}

export async function deleteLoggedModel({ client, modelId, signal }: OnModel): Promise<void> {
  await call({ client, method: 'DELETE', endpoint: path(modelId), args: { model_id: modelId }, signal });
}

/** More params, in as many requests as the server's limits need. One that is there already cannot be changed. */
export async function logLoggedModelParams(params: OnModel & { params: Record<string, string> }): Promise<void> {
  const { client, modelId, signal } = params;
  const all = Object.entries(params.params);
  for (let at = 0; at < all.length; at += LIMITS.batchParams) {
    const args = { model_id: modelId, params: paramPairs(all.slice(at, at + LIMITS.batchParams), client) };
    await call({ client, method: 'POST', endpoint: `${path(modelId)}/params`, args, signal });
  }
}

export async function setLoggedModelTags(params: OnModel & { tags: Record<string, string> }): Promise<void> {
  const { client, modelId, tags, signal } = params;
  const args = { model_id: modelId, tags: toPairs(tags) };
  await call({ client, method: 'PATCH', endpoint: `${path(modelId)}/tags`, args, signal });
}

export async function deleteLoggedModelTag(params: OnModel & { key: string }): Promise<void> {
  const { client, modelId, key, signal } = params;
  const endpoint = `${path(modelId)}/tags/${encodeURIComponent(key)}`;
  await call({ client, method: 'DELETE', endpoint, args: {}, signal });
}

/**
 * Logged models, page by page.
 *
 * @param params.filter MLflow's search language, as in `metrics.accuracy > 0.9`
 * @param params.datasets which the metrics of the filter are to be of
 */
export function searchLoggedModels(params: {
  client: Client;
  experimentIds: string[];
  filter?: string;
  datasets?: { name: string; digest?: string }[];
  orderBy?: { field: string; ascending?: boolean }[];
  pageSize?: number;
  signal?: AbortSignal | undefined;
}): AsyncGenerator<LoggedModel, void> {
  const { client, experimentIds, filter, datasets = [], orderBy = [], pageSize = 50, signal } = params;
  const args = {
    experiment_ids: experimentIds,
    filter,
    datasets: datasets.map(({ name, digest }) => ({ dataset_name: name, dataset_digest: digest })),
    order_by: orderBy.map(({ field, ascending = true }) => ({ field_name: field, ascending })),
    max_results: pageSize,
  };
  return pages(
    { client, method: 'POST', endpoint: 'logged-models/search', args, signal },
    (page: { models?: WireLoggedModel[]; next_page_token?: string }) => (page.models ?? []).map(toLoggedModel),
  );
}

/** The logged model with a tag, or undefined. */
export async function findLoggedModelByTag(params: {
  client: Client;
  experimentIds: string[];
  key: string;
  value: string;
  signal?: AbortSignal | undefined;
}): Promise<LoggedModel | undefined> {
  const { client, experimentIds, key, value, signal } = params;
  const filter = `tags.\`${key}\` = '${value}'`;
  for await (const model of searchLoggedModels({ client, experimentIds, filter, pageSize: 1, signal })) return model;
  return undefined;
}

function path(modelId: string): string {
  return `logged-models/${encodeURIComponent(modelId)}`;
}

function paramPairs(params: [string, string][], client: Client) {
  return params.map(([key, value]) => {
    checkName('param', key);
    return { key, value: limitValue(`param ${key}`, value, LIMITS.paramValue, client.truncateLongValues) };
  });
}
