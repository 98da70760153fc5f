import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, createClient, ensureServer, waitHealthy } from '@simclr/mlflow';
import { allJournals, sendJournals } from './journals.ts';

/** The MLflow server that a session logs to. */
export interface Server {
  uri: string;
  client: Client;
  /** Resolves when it answers. Rejects with a one-line error when it does not within `timeoutMs`. */
  ready(timeoutMs: number, signal?: AbortSignal): Promise<void>;
}

/** Data base, artifacts and log of the server that we start, below the workspace's root. */
export const serverFolder = (root: string): string => join(root, '.mlflow');

/** The server at MLFLOW_TRACKING_URI; without one, our own, started if it does not run. Does not wait for it. */
export async function openServer(root: string): Promise<Server> {
  const given = process.env.MLFLOW_TRACKING_URI;
  if (given) {
    const client = createClient({ trackingUri: given });
    const ready = (timeoutMs: number, signal?: AbortSignal) =>
      waitHealthy(client.trackingUri, { timeoutMs, ...(signal && { signal }) });
    return { uri: client.trackingUri, client, ready };
  }
  const { uri, pid } = await ensureServer({ dir: serverFolder(root), bin: join(root, '.venv/bin/mlflow') });
  const client = createClient({ trackingUri: uri });
  const ready = (timeoutMs: number, signal?: AbortSignal) =>
    waitHealthy(uri, { timeoutMs, pid, ...(signal && { signal }) });
  return { uri, client, ready };
}

/**
 * The address of a server that is there already, for a run that has nothing to do: starts and awaits nothing. It gets
 * what waits in the journals since it was away.
 */
export async function runningServer(root: string): Promise<string | undefined> {
  const record = join(serverFolder(root), 'server.json');
  const own = () =>
    existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as { uri: string }).uri : undefined;
  const uri = process.env.MLFLOW_TRACKING_URI ?? own();
  if (!uri) return undefined;
  try {
    await waitHealthy(uri, { timeoutMs: 0, signal: AbortSignal.timeout(500) });
    const client = { ...createClient({ trackingUri: uri }), maxRetries: 0 };
    await sendJournals(allJournals(root), client, AbortSignal.timeout(2000));
    return client.trackingUri;
  } catch {
    return undefined;
  }
}
