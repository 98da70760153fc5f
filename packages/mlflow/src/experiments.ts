import type { Client } from './client.ts';
import { MlflowError } from './errors.ts';
import { pages } from './pages.ts';
import { call } from './request.ts';
import type { Experiment, ViewType } from './types.ts';
import { toExperiment, toPairs, type WireExperiment } from './wire.ts';

interface Common {
  client: Client;
  signal?: AbortSignal | undefined;
}

/** Returns the new experiment's id; an MlflowError RESOURCE_ALREADY_EXISTS when the name is taken. */
export async function createExperiment(
  params: Common & { name: string; artifactLocation?: string; tags?: Record<string, string> },
): Promise<string> {
  const { client, name, artifactLocation, tags = {}, signal } = params;
  const args = { name, artifact_location: artifactLocation, tags: toPairs(tags) };
  const endpoint = 'experiments/create';
  const reply = await call<{ experiment_id: string }>({ client, method: 'POST', endpoint, args, signal });
  return reply.experiment_id;
}

export async function getExperiment({
  client,
  experimentId,
  signal,
}: Common & { experimentId: string }): Promise<Experiment> {
  const args = { experiment_id: experimentId };
  const endpoint = 'experiments/get';
  const reply = await call<{ experiment: WireExperiment }>({ client, method: 'GET', endpoint, args, signal });
  return toExperiment(reply.experiment);
}

/** The experiment of that name, deleted ones too, or undefined. */
export async function getExperimentByName({
  client,
  name,
  signal,
}: Common & { name: string }): Promise<Experiment | undefined> {
  const args = { experiment_name: name };
  const endpoint = 'experiments/get-by-name';
  try {
    const reply = await call<{ experiment: WireExperiment }>({ client, method: 'GET', endpoint, args, signal });
    return toExperiment(reply.experiment);
  } catch (error) {
    if (error instanceof MlflowError && error.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw error;
  }
}

/** The id of the experiment of that name, made when there is none; safe when several processes do it at once. */
export async function ensureExperiment({ client, name, signal }: Common & { name: string }): Promise<string> {
  const found = await getExperimentByName({ client, name, signal });
  if (found?.lifecycleStage === 'deleted') {
    throw new Error(`experiment is deleted: ${name}. restore it (mlflow experiments restore -x ${found.experimentId})`);
  }
  if (found) return found.experimentId;
  try {
    return await createExperiment({ client, name, signal });
  } catch (error) {
    if (!(error instanceof MlflowError) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
    return ensureExperiment({ client, name, signal });
  }
}

/** Experiments, page by page. `filter` and `orderBy` are MLflow's search language. */
export function searchExperiments(
  params: Common & { filter?: string; orderBy?: string[]; viewType?: ViewType; pageSize?: number },
): AsyncGenerator<Experiment, void> {
  const { client, filter, orderBy, viewType = 'ACTIVE_ONLY', pageSize = 1000, signal } = params;
  const args = { filter, order_by: orderBy, view_type: viewType, max_results: pageSize };
  return pages(
    { client, method: 'POST', endpoint: 'experiments/search', args, signal },
    (page: { experiments?: WireExperiment[]; next_page_token?: string }) => (page.experiments ?? []).map(toExperiment),
  );
}

export async function updateExperiment(params: Common & { experimentId: string; name: string }): Promise<void> {
  const { client, experimentId, name, signal } = params;
  const args = { experiment_id: experimentId, new_name: name };
  await call({ client, method: 'POST', endpoint: 'experiments/update', args, signal });
}

export async function deleteExperiment({ client, experimentId, signal }: Common & { experimentId: string }) {
  const args = { experiment_id: experimentId };
  await call({ client, method: 'POST', endpoint: 'experiments/delete', args, signal });
}

export async function restoreExperiment({ client, experimentId, signal }: Common & { experimentId: string }) {
  const args = { experiment_id: experimentId };
  await call({ client, method: 'POST', endpoint: 'experiments/restore', args, signal });
}

export async function setExperimentTag(
  params: Common & { experimentId: string; key: string; value: string },
): Promise<void> {
  const { client, experimentId, key, value, signal } = params;
  const args = { experiment_id: experimentId, key, value };
  await call({ client, method: 'POST', endpoint: 'experiments/set-experiment-tag', args, signal });
}

export async function deleteExperimentTag(params: Common & { experimentId: string; key: string }): Promise<void> {
  const { client, experimentId, key, signal } = params;
  const args = { experiment_id: experimentId, key };
  await call({ client, method: 'POST', endpoint: 'experiments/delete-experiment-tag', args, signal });
}
