import { join } from 'node:path';
import {
  type Client,
  createClient,
  ensureServer,
  findServer,
  getExperimentByName,
  type LocalServer,
  sendJournals,
  waitReady,
} from '@simclr/mlflow';
import type { Pipeline } from '../definition/pipeline.ts';
import { runsPage } from './experiment-page.ts';
import { pipelineJournals } from './journals.ts';
import { experimentName } from './mlflow-names.ts';

/** The MLflow server that a session logs to. */
export interface Server {
  uri: string;
  client: Client;
  /** Resolves when it answers. Rejects with a one-line error when it does not within `timeoutMs`. */
  ready(timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

/** Data base, artifacts and log of the server that we start, below the workspace's root. */
export const serverFolder = (root: string): string => join(root, '.mlflow');

/**
 * The server at MLFLOW_TRACKING_URI; without one, our own, started if it does not run, with the stores that MLflow's own
 * MLFLOW_BACKEND_STORE_URI and MLFLOW_ARTIFACTS_DESTINATION name. Does not wait for it.
 */
export async function openServer(root: string): Promise<Server> {
  const given = process.env.MLFLOW_TRACKING_URI;
  if (given) return serverAt(given);
  const stores = { backend: process.env.MLFLOW_BACKEND_STORE_URI, artifacts: process.env.MLFLOW_ARTIFACTS_DESTINATION };
  const server = await ensureServer({ dir: serverFolder(root), bin: join(root, '.venv/bin/mlflow'), stores });
  return serverAt(server.uri, server);
}

function serverAt(trackingUri: string, local?: LocalServer): Server {
  const client = createClient({ trackingUri });
  const ready = (timeoutMs: number, signal?: AbortSignal) =>
    waitReady(client, { timeoutMs, ...(local && { server: local }), ...(signal && { signal }) });
  return { uri: client.trackingUri, client, ready };
}

/** The server that is there already, if it answers within half a second. Throws where it does not; starts none. */
export async function answeringServer(root: string): Promise<Client | undefined> {
  const uri = process.env.MLFLOW_TRACKING_URI || findServer(serverFolder(root))?.uri;
  if (!uri) return undefined;
  const { client, ready } = serverAt(uri);
  await ready(0, AbortSignal.timeout(500));
  return client;
}

/**
 * Where a pipeline's runs are on a server that is there already, for a run that has nothing to do: starts and awaits
 * nothing. The server gets what waits in the pipeline's journals since it was away.
 */
export async function runningServer(root: string, pipeline: Pipeline): Promise<string | undefined> {
  try {
    const client = await answeringServer(root);
    if (!client) return undefined;
    const [quick, signal] = [{ ...client, maxRetries: 0 }, AbortSignal.timeout(2000)];
    await sendJournals(pipelineJournals(root, pipeline.name), quick, { signal });
    const experiment = await getExperimentByName({ client: quick, name: experimentName(pipeline), signal });
    return experiment && runsPage(client, experiment);
  } catch {
    return undefined;
  }
}
