import type { Client } from './client.ts';
import type { DatasetEntry } from './entries.ts';
import { LIMITS } from './limits.ts';
import { call, retrying } from './request.ts';
import { getRun } from './runs.ts';
import type { DatasetInput } from './types.ts';
import { CONTEXT_TAG, type WireDatasetInput } from './wire.ts';

/** Records which datasets and logged models a run used. The same (name, digest) again changes nothing. */
export async function logInputs(params: {
  client: Client;
  runId: string;
  datasets?: DatasetInput[];
  /** Ids of logged models. */
  models?: string[];
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { client, runId, datasets = [], models = [], signal } = params;
  const wire = datasets.map(({ dataset, context }): WireDatasetInput => {
    const { sourceType, ...rest } = dataset;
    if (rest.name.length > LIMITS.datasetName) throw new Error(`dataset name too long: ${rest.name}`);
    if (rest.digest.length > LIMITS.datasetDigest) {
      throw new Error(`dataset digest too long: ${rest.digest}. allowed: ${LIMITS.datasetDigest} characters`);
    }
    const tags = context === undefined ? [] : [{ key: CONTEXT_TAG, value: context }];
    return { tags, dataset: { ...rest, source_type: sourceType } as WireDatasetInput['dataset'] };
  });
  const args = { run_id: runId, datasets: wire, models: models.map((id) => ({ model_id: id })) };
  await call({ client, method: 'POST', endpoint: 'runs/log-inputs', args, signal });
}

/**
 * Records which logged models a run made, and at what step; one that is recorded stays as it is. The server refuses a pair
 * that it has, so that each try looks first.
 */
export async function logOutputs(params: {
  client: Client;
  runId: string;
  models: { modelId: string; step?: number }[];
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { runId, signal } = params;
  const client = { ...params.client, maxRetries: 0 };
  await retrying(params.client, signal, async () => {
    const { outputModels } = await getRun({ client, runId, signal });
    const known = new Set(outputModels.map(({ modelId }) => modelId));
    const fresh = params.models.filter(({ modelId }) => !known.has(modelId));
    if (fresh.length === 0) return;
    const models = fresh.map(({ modelId, step = 0 }) => ({ model_id: modelId, step }));
    await call({ client, method: 'POST', endpoint: 'runs/outputs', args: { run_id: runId, models }, signal });
  });
}

/**
 * A dataset of images known by its origin (an address or a path), as Python's MetaDataset, with a schema as MLflow's pages
 * show it: tensors of pixels, or columns of files; and in its profile the rows of each class.
 */
export function metaDataset(params: Omit<DatasetEntry, 'context'>) {
  const { name, digest, source, rows, shape, perClass } = params;
  const web = /^https?:/.test(source);
  return {
    name,
    digest,
    sourceType: web ? 'http' : 'local',
    source: JSON.stringify(web ? { url: source } : { uri: source }),
    profile: JSON.stringify({ num_rows: rows, ...(perClass && { rows_per_class: perClass }) }),
    ...(shape !== undefined && { schema: JSON.stringify(schemaOf(shape)) }),
  };
}

function schemaOf(shape: readonly number[] | null) {
  const tensor = (dtype: string, of: readonly number[]) =>
    JSON.stringify([{ type: 'tensor', 'tensor-spec': { dtype, shape: [-1, ...of] } }]);
  if (shape) return { mlflow_tensorspec: { features: tensor('uint8', shape), targets: tensor('int64', []) } };
  const column = (type: string, name: string) => ({ type, name, required: true });
  return { mlflow_colspec: [column('binary', 'image'), column('long', 'label')] };
}
