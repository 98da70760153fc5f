import type { Client } from './client.ts';
import { MlflowError } from './errors.ts';
import { pages } from './pages.ts';
import { call } from './request.ts';
import type { RegisteredModel } from './types.ts';
import { toPairs, toRegisteredModel, type WireRegisteredModel } from './wire.ts';

/** The model registry: names under which versions of a model are kept. */

interface OnModel {
  client: Client;
  name: string;
  signal?: AbortSignal | undefined;
}

interface Reply {
  registered_model: WireRegisteredModel;
}

/** An MlflowError RESOURCE_ALREADY_EXISTS when the name is taken. */
export async function createRegisteredModel(
  params: OnModel & { description?: string; tags?: Record<string, string> },
): Promise<RegisteredModel> {
  const { client, name, description, tags = {}, signal } = params;
  const endpoint = 'registered-models/create';
  const args = { name, description, tags: toPairs(tags) };
  return toRegisteredModel((await call<Reply>({ client, method: 'POST', endpoint, args, signal })).registered_model);
}

/** Makes a registered model where there is none of the name; like `ensureExperiment`. */
export async function ensureRegisteredModel(model: OnModel): Promise<void> {
  try {
    await createRegisteredModel(model);
  } catch (error) {
    if (!(error instanceof MlflowError) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
  }
}

/** An MlflowError RESOURCE_DOES_NOT_EXIST when there is none. */
export async function getRegisteredModel({ client, name, signal }: OnModel): Promise<RegisteredModel> {
  const endpoint = 'registered-models/get';
  const reply = await call<Reply>({ client, method: 'GET', endpoint, args: { name }, signal });
  return toRegisteredModel(reply.registered_model);
}

export async function updateRegisteredModel(params: OnModel & { description: string }): Promise<RegisteredModel> {
  const { client, name, description, signal } = params;
  const endpoint = 'registered-models/update';
  const reply = await call<Reply>({ client, method: 'PATCH', endpoint, args: { name, description }, signal });
  return toRegisteredModel(reply.registered_model);
}

export async function renameRegisteredModel(params: OnModel & { newName: string }): Promise<RegisteredModel> {
  const { client, name, newName, signal } = params;
  const endpoint = 'registered-models/rename';
  const args = { name, new_name: newName };
  return toRegisteredModel((await call<Reply>({ client, method: 'POST', endpoint, args, signal })).registered_model);
}

/** With all its versions. */
export async function deleteRegisteredModel({ client, name, signal }: OnModel): Promise<void> {
  await call({ client, method: 'DELETE', endpoint: 'registered-models/delete', args: { name }, signal });
}

/** Registered models, page by page. `filter` and `orderBy` are MLflow's search language, as in `name LIKE 'simclr%'`. */
export function searchRegisteredModels(params: {
  client: Client;
  filter?: string;
  orderBy?: string[];
  pageSize?: number;
  signal?: AbortSignal | undefined;
}): AsyncGenerator<RegisteredModel, void> {
  const { client, filter, orderBy, pageSize = 100, signal } = params;
  const args = { filter, order_by: orderBy, max_results: pageSize };
  return pages(
    { client, method: 'GET', endpoint: 'registered-models/search', args, signal },
    (page: { registered_models?: WireRegisteredModel[]; next_page_token?: string }) =>
      (page.registered_models ?? []).map(toRegisteredModel),
  );
}

export async function setRegisteredModelTag(params: OnModel & { key: string; value: string }): Promise<void> {
  const { client, name, key, value, signal } = params;
  await call({ client, method: 'POST', endpoint: 'registered-models/set-tag', args: { name, key, value }, signal });
}

export async function deleteRegisteredModelTag(params: OnModel & { key: string }): Promise<void> {
  const { client, name, key, signal } = params;
  await call({ client, method: 'DELETE', endpoint: 'registered-models/delete-tag', args: { name, key }, signal });
}

/** Lets an alias, such as `best`, point at a version; one that pointed elsewhere is moved. */
export async function setRegisteredModelAlias(params: OnModel & { alias: string; version: string }): Promise<void> {
  const { client, name, alias, version, signal } = params;
  await call({ client, method: 'POST', endpoint: 'registered-models/alias', args: { name, alias, version }, signal });
}

export async function deleteRegisteredModelAlias(params: OnModel & { alias: string }): Promise<void> {
  const { client, name, alias, signal } = params;
  await call({ client, method: 'DELETE', endpoint: 'registered-models/alias', args: { name, alias }, signal });
}
