import type { Client } from './client.ts';
import { pages } from './pages.ts';
import { call } from './request.ts';
import type { ModelVersion } from './types.ts';
import { toModelVersion, toPairs, type WireModelVersion } from './wire.ts';

/** Versions of a registered model. A version is a number, as text. */

interface OnVersion {
  client: Client;
  name: string;
  version: string;
  signal?: AbortSignal | undefined;
}

interface Reply {
  model_version: WireModelVersion;
}

/**
 * The next version of a registered model, which must exist.
 *
 * @param params.source where its files are: an artifact URI, or `models:/<model id>` of a logged model
 * @param params.modelId of the logged model that it is; servers with an SQL store answer without it (3.17), and `source`
 * says it
 */
export async function createModelVersion(params: {
  client: Client;
  name: string;
  source: string;
  runId?: string;
  modelId?: string;
  description?: string;
  tags?: Record<string, string>;
  signal?: AbortSignal | undefined;
}): Promise<ModelVersion> {
  const { client, name, source, runId, modelId, description, tags = {}, signal } = params;
  const endpoint = 'model-versions/create';
  const args = { name, source, run_id: runId, model_id: modelId, description, tags: toPairs(tags) };
  return toModelVersion((await call<Reply>({ client, method: 'POST', endpoint, args, signal })).model_version);
}

export async function getModelVersion({ client, name, version, signal }: OnVersion): Promise<ModelVersion> {
  const endpoint = 'model-versions/get';
  const reply = await call<Reply>({ client, method: 'GET', endpoint, args: { name, version }, signal });
  return toModelVersion(reply.model_version);
}

/** Where the files of a version are, for the functions of artifacts. */
export async function getModelVersionDownloadUri({ client, name, version, signal }: OnVersion): Promise<string> {
  const endpoint = 'model-versions/get-download-uri';
  const args = { name, version };
  return (await call<{ artifact_uri: string }>({ client, method: 'GET', endpoint, args, signal })).artifact_uri;
}

/** The version that an alias points at. */
export async function getModelVersionByAlias(
  params: Omit<OnVersion, 'version'> & { alias: string },
): Promise<ModelVersion> {
  const { client, name, alias, signal } = params;
  const endpoint = 'registered-models/alias';
  const reply = await call<Reply>({ client, method: 'GET', endpoint, args: { name, alias }, signal });
  return toModelVersion(reply.model_version);
}

export async function updateModelVersion(params: OnVersion & { description: string }): Promise<ModelVersion> {
  const { client, name, version, description, signal } = params;
  const endpoint = 'model-versions/update';
  const args = { name, version, description };
  return toModelVersion((await call<Reply>({ client, method: 'PATCH', endpoint, args, signal })).model_version);
}

export async function deleteModelVersion({ client, name, version, signal }: OnVersion): Promise<void> {
  await call({ client, method: 'DELETE', endpoint: 'model-versions/delete', args: { name, version }, signal });
}

/** Versions, page by page. `filter` and `orderBy` are MLflow's search language, as in `run_id = '…'`. */
export function searchModelVersions(params: {
  client: Client;
  filter?: string;
  orderBy?: string[];
  pageSize?: number;
  signal?: AbortSignal | undefined;
}): AsyncGenerator<ModelVersion, void> {
  const { client, filter, orderBy, pageSize = 100, signal } = params;
  const args = { filter, order_by: orderBy, max_results: pageSize };
  return pages(
    { client, method: 'GET', endpoint: 'model-versions/search', args, signal },
    (page: { model_versions?: WireModelVersion[]; next_page_token?: string }) =>
      (page.model_versions ?? []).map(toModelVersion),
  );
}

export async function setModelVersionTag(params: OnVersion & { key: string; value: string }): Promise<void> {
  const { client, name, version, key, value, signal } = params;
  const args = { name, version, key, value };
  await call({ client, method: 'POST', endpoint: 'model-versions/set-tag', args, signal });
}

export async function deleteModelVersionTag(params: OnVersion & { key: string }): Promise<void> {
  const { client, name, version, key, signal } = params;
  await call({ client, method: 'DELETE', endpoint: 'model-versions/delete-tag', args: { name, version, key }, signal });
}
