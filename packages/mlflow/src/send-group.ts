import { openAsBlob } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { uploadArtifact } from './artifacts.ts';
import { batchItems, type Item, sendItems } from './batch.ts';
import type { Client } from './client.ts';
import type { Cursor } from './cursor.ts';
import type { Entry } from './entries.ts';
import { MlflowError } from './errors.ts';
import { imageStem, logImage } from './images.ts';
import { logInputs, metaDataset } from './inputs.ts';
import { artifactFile } from './journal-files.ts';
import { getRun, updateRun } from './runs.ts';
import { findModelByKey, sendModel } from './send-model.ts';
import type { Metric } from './types.ts';

interface GroupParams {
  dir: string;
  client: Client;
  cursor: Cursor;
  entries: Entry[];
  signal: AbortSignal | undefined;
}

/** Sends journal entries and returns what the server will never take, one line each. */
export async function sendGroup(params: GroupParams): Promise<string[]> {
  const { client, cursor, entries, signal } = params;
  const rejected: string[] = [];
  const models = await modelIds(params);
  const items = entries.flatMap((entry) => entryItems(entry, client.truncateLongValues, models));
  if (items.length > 0) await sendAround(client, cursor.runId, items, rejected, signal);
  for (const entry of entries) {
    try {
      await sendOther(entry, params);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await assertActive(client, cursor.runId, signal);
      rejected.push(
        `${entry.type} ${'key' in entry ? entry.key : 'path' in entry ? entry.path : ''}: ${error.message}`,
      );
    }
  }
  return rejected;
}

/** The ids of the models that metrics are about, by their keys. One that the server does not know is left out. */
async function modelIds({ client, cursor, entries, signal }: GroupParams): Promise<Map<string, string>> {
  const keys = new Set(entries.flatMap((entry) => (entry.type === 'metrics' && entry.model) || []));
  const ids = new Map<string, string>();
  for (const key of keys) {
    const model = await findModelByKey(key, { client, cursor, signal });
    if (model) ids.set(key, model.modelId);
  }
  return ids;
}

function entryItems(entry: Entry, truncate: boolean, models: ReadonlyMap<string, string>): Item[] {
  if (entry.type === 'params') return batchItems({ params: entry.values }, truncate);
  if (entry.type === 'tags') return batchItems({ tags: entry.values }, truncate);
  if (entry.type !== 'metrics') return [];
  const { time: timestamp, step, dataset, model = '' } = entry;
  const modelId = models.get(model);
  const metrics = Object.entries(entry.values).map(
    ([key, value]): Metric => ({ key, value: Number(value), timestamp, step, modelId, dataset }),
  );
  return batchItems({ metrics }, truncate);
}

/** Sends rows; when the server refuses some, it halves the rows until those are alone and goes on without them. */
async function sendAround(
  client: Client,
  runId: string,
  items: Item[],
  rejected: string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await sendItems({ client, runId, items, signal });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const only = items.length === 1 ? items[0] : undefined;
    if (only) {
      await assertActive(client, runId, signal);
      rejected.push(`${only.kind} ${only.wire.key}: ${error.message}`);
      return;
    }
    const half = Math.ceil(items.length / 2);
    await sendAround(client, runId, items.slice(0, half), rejected, signal);
    await sendAround(client, runId, items.slice(half), rejected, signal);
  }
}

/** A deleted run refuses everything; that is not the rows' fault, and it can be restored. */
async function assertActive(client: Client, runId: string, signal: AbortSignal | undefined): Promise<void> {
  const { info } = await getRun({ client, runId, signal });
  if (info.lifecycleStage === 'active') return;
  throw new Error(`run is deleted: ${info.runName}. restore it (mlflow runs restore --run-id ${runId})`);
}

/** Whether an error is the server's last word on the content: sending the same again cannot help. */
function isRefusal(error: unknown): error is Error {
  if (error instanceof MlflowError) return !error.transient && (error.status === 400 || error.status === 413);
  // A journal file that someone removed, or an artifact store that the server does not serve.
  return (
    error instanceof Error && ('code' in error ? error.code === 'ENOENT' : error.message.startsWith('artifact store'))
  );
}

async function sendOther(entry: Entry, { dir, client, cursor, signal }: GroupParams): Promise<void> {
  const { runId, artifactUri } = cursor;
  if (entry.type === 'image') {
    const { key, step, time: timestamp, id } = entry;
    const stem = imageStem({ key, step, timestamp, id });
    const png = new Uint8Array(await readFile(artifactFile(dir, `${stem}.png`)));
    await logImage({ client, runId, artifactUri, key, png, step, timestamp, id, signal });
  } else if (entry.type === 'artifact') {
    const file = artifactFile(dir, entry.path);
    await access(file);
    const data = await openAsBlob(file); // Not read: it may be larger than memory.
    await uploadArtifact({ client, artifactUri, path: entry.path, data, signal });
  } else if (entry.type === 'dataset') {
    await logInputs({ client, runId, datasets: [{ dataset: metaDataset(entry), context: entry.context }], signal });
  } else if (entry.type === 'model') {
    await sendModel(entry, dir, { client, cursor, signal });
  } else if (entry.type === 'resume') {
    await updateRun({ client, runId, status: 'RUNNING', signal });
  } else if (entry.type === 'end') {
    await updateRun({ client, runId, status: entry.status, endTime: entry.time, signal });
  }
}
