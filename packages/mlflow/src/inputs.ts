import type { Client } from './client.ts';
import { LIMITS } from './limits.ts';
import { call } from './request.ts';
import type { DatasetInput } from './types.ts';
import { CONTEXT_TAG, type WireDatasetInput } from './wire.ts';

/** Records which datasets a run used. The same (name, digest) again changes nothing. */
export async function logInputs(params: {
  client: Client;
  runId: string;
  datasets: DatasetInput[];
  signal?: AbortSignal | undefined;
}): Promise<void> {
  const { client, runId, datasets, signal } = params;
  const wire = datasets.map(({ dataset, context }): WireDatasetInput => {
    const { sourceType, ...rest } = dataset;
    if (rest.name.length > LIMITS.datasetName) throw new Error(`dataset name too long: ${rest.name}`);
    if (rest.digest.length > LIMITS.datasetDigest) {
      throw new Error(`dataset digest too long: ${rest.digest}. allowed: ${LIMITS.datasetDigest} characters`);
    }
    const tags = context === undefined ? [] : [{ key: CONTEXT_TAG, value: context }];
    return { tags, dataset: { ...rest, source_type: sourceType } as WireDatasetInput['dataset'] };
  });
  await call({ client, method: 'POST', endpoint: 'runs/log-inputs', args: { run_id: runId, datasets: wire }, signal });
}

/** A dataset known by its origin alone (an address or a path), as Python's MetaDataset. */
export function metaDataset(params: { name: string; digest: string; source: string; rows: number }) {
  const web = /^https?:/.test(params.source);
  return {
    name: params.name,
    digest: params.digest,
    sourceType: web ? 'http' : 'local',
    source: JSON.stringify(web ? { url: params.source } : { uri: params.source }),
    profile: JSON.stringify({ num_rows: params.rows }),
  };
}
