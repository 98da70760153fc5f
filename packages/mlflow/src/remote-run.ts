import type { Client } from './client.ts';
import type { Cursor } from './cursor.ts';
import type { RunEntry } from './entries.ts';
import { ensureExperiment } from './experiments.ts';
import { setTag } from './metrics.ts';
import { retrying } from './request.ts';
import { createRun, deleteRun, findRunByKey, RUN_KEY_TAG, runsByKey } from './runs.ts';

/**
 * The server's run of a journal: the one that carries its key, or a new one. A request to create a run is never simply
 * repeated, since the first try may have succeeded without an answer: each try looks for the key again.
 */
export async function openRemoteRun(
  client: Client,
  run: RunEntry & { time: number },
  signal: AbortSignal | undefined,
): Promise<Cursor> {
  const experimentId = await ensureExperiment({ client, name: run.experiment, signal });
  const once = { ...client, maxRetries: 0 };
  const { info } = await retrying(client, signal, async () => {
    const found = await findRunByKey({ client: once, experimentIds: [experimentId], key: run.key, signal });
    if (found) return found;
    const tags = { ...run.tags, [RUN_KEY_TAG]: run.key };
    return createRun({ client: once, experimentId, runName: run.runName, startTime: run.time, tags, signal });
  });
  return {
    trackingUri: client.trackingUri,
    experimentId,
    runId: info.runId,
    artifactUri: info.artifactUri,
    offset: 0,
    parentMissing: run.parentKey !== undefined,
  };
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
