import { openAsBlob } from 'node:fs';
import { access } from 'node:fs/promises';
import { uploadArtifact } from './artifacts.ts';
import type { Client } from './client.ts';
import type { Cursor } from './cursor.ts';
import type { ModelEntry } from './entries.ts';
import { logOutputs } from './inputs.ts';
import { modelFile } from './journal-files.ts';
import { createLoggedModel, finalizeLoggedModel, findLoggedModelByTag } from './logged-models.ts';
import { createModelVersion, searchModelVersions } from './model-versions.ts';
import { ensureRegisteredModel, setRegisteredModelAlias } from './registered-models.ts';
import { retrying } from './request.ts';
import type { LoggedModel } from './types.ts';

/** The tag that ties a logged model to its journal, as `RUN_KEY_TAG` ties a run. */
export const MODEL_KEY_TAG = 'simclr.model_key';

interface On {
  client: Client;
  cursor: Cursor;
  signal: AbortSignal | undefined;
}

/**
 * Sends a model with its files, and registers it where that is asked for. Sent again, it changes nothing; one that another
 * run has sent, under the same key, is this run's output too.
 */
export async function sendModel(entry: ModelEntry, dir: string, on: On): Promise<void> {
  const { client, cursor, signal } = on;
  const { modelId, artifactUri, status } = await ensureModel(entry, on);
  if (status === 'LOGGED_MODEL_PENDING') {
    for (const path of entry.files) {
      const file = modelFile(dir, entry.key, path);
      await access(file);
      await uploadArtifact({ client, artifactUri, path, data: await openAsBlob(file), signal });
    }
    await finalizeLoggedModel({ client, modelId, status: 'LOGGED_MODEL_READY', signal });
  }
  const { runId } = cursor;
  await logOutputs({ client, runId, models: [{ modelId, step: entry.step }], signal });
  if (entry.register) await register(modelId, entry.register, on);
}

/** The logged model of a journal's key, or undefined: it is not on the server. */
export const findModelByKey = (value: string, { client, cursor, signal }: On): Promise<LoggedModel | undefined> =>
  findLoggedModelByTag({ client, experimentIds: [cursor.experimentId], key: MODEL_KEY_TAG, value, signal });

/** As `openRemoteRun`: a creation may have succeeded without an answer, so that each try looks first. */
function ensureModel(entry: ModelEntry, on: On): Promise<LoggedModel> {
  const client = { ...on.client, maxRetries: 0 };
  const { name, modelType, params } = entry;
  const { experimentId, runId: sourceRunId } = on.cursor;
  const tags = { ...entry.tags, [MODEL_KEY_TAG]: entry.key };
  return retrying(on.client, on.signal, async () => {
    const found = await findModelByKey(entry.key, { ...on, client });
    const type = modelType === undefined ? {} : { modelType };
    return found ?? createLoggedModel({ client, experimentId, name, sourceRunId, ...type, params, tags });
  });
}

async function register(modelId: string, to: { name: string; aliases: string[] }, on: On): Promise<void> {
  const { name, aliases } = to;
  const { client, cursor, signal } = on;
  await ensureRegisteredModel({ client, name, signal });
  const { runId } = cursor;
  const source = `models:/${modelId}`;
  const once = { ...client, maxRetries: 0 };
  const version = await retrying(client, signal, async () => {
    const filter = `run_id = '${runId}'`;
    for await (const known of searchModelVersions({ client: once, filter, signal })) {
      if (known.name === name && known.source === source) return known.version;
    }
    return (await createModelVersion({ client: once, name, source, runId, modelId, signal })).version;
  });
  for (const alias of aliases) await setRegisteredModelAlias({ client, name, alias, version, signal });
}
