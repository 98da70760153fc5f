import { logBatch } from './batch.ts';
import type { Client } from './client.ts';
import type { Cursor } from './cursor.ts';
import type { RunEntry } from './entries.ts';
import { ensureExperiment } from './experiments.ts';
import { setTag } from './metrics.ts';
import { retrying } from './request.ts';
import { createRun, deleteRun, findRunByKey, getRun, RUN_KEY_TAG, runsByKey, updateRun } from './runs.ts';
import type { Run } from './types.ts';

/**
 * The server's run of a journal: the one that carries its key, or a new one. A request to create a run is never simply
 * repeated, since the first try may have succeeded without an answer: each try looks for the key again.
 */
export async function openRemoteRun(
  client: Client,
  run: RunEntry & { time: number },
  signal: AbortSignal | undefined,
): Promise<Cursor> {
  const tags = { ...run.tags, [RUN_KEY_TAG]: run.key };
  const { info } =
    run.runId === undefined
      ? await findOrCreate(client, { ...run, tags }, signal)
      : await adopt(client, { ...run, tags, runId: run.runId }, signal);
  return {
    trackingUri: client.trackingUri,
    experimentId: info.experimentId,
    runId: info.runId,
    artifactUri: info.artifactUri,
    offset: 0,
    parentMissing: run.parentKey !== undefined,
  };
}

async function findOrCreate(
  client: Client,
  { key, experiment, runName, time, tags }: RunEntry & { time: number },
  signal: AbortSignal | undefined,
): Promise<Run> {
  const experimentId =
    typeof experiment === 'string' ? await ensureExperiment({ client, name: experiment, signal }) : experiment.id;
  const once = { ...client, maxRetries: 0 };
  return retrying(client, signal, async () => {
    const found = await findRunByKey({ client: once, experimentIds: [experimentId], key, signal });
    return found ?? createRun({ client: once, experimentId, runName, startTime: time, tags, signal });
  });
}

/** A run that someone else began: it is running again, as with Python's client, and gets the tags beside its own. */
async function adopt(
  client: Client,
  { runId, runName, tags }: RunEntry & { runId: string },
  signal: AbortSignal | undefined,
): Promise<Run> {
  await updateRun({ client, runId, status: 'RUNNING', ...(runName !== undefined && { runName }), signal });
  await logBatch({ client, runId, tags, signal });
  return getRun({ client, runId, signal });
}

/** Puts a run below its parent. Returns false when the parent is not on the server (yet). */
export async function linkParent(
  client: Client,
  cursor: Cursor,
  parentKey: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const parent = await findRunByKey({ client, experimentIds: [cursor.experimentId], key: parentKey, signal });
  if (!parent) return false;
  const value = parent.info.runId;
  await setTag({ client, runId: cursor.runId, key: 'mlflow.parentRunId', value, signal });
  return true;
}

/**
 * Removes other runs of a journal's key: a proxy that sends a request twice makes two of one creation, and the second would
 * be shown as running for ever.
 */
export async function deleteTwins(client: Client, cursor: Cursor, key: string, signal: AbortSignal | undefined) {
  for await (const { info } of runsByKey({ client, experimentIds: [cursor.experimentId], key, signal })) {
    if (info.runId !== cursor.runId) await deleteRun({ client, runId: info.runId, signal });
  }
}
