import { posix } from 'node:path';
import type { Client } from '../client.ts';
import { MlflowError } from '../errors.ts';
import { exchange, parseReply, request } from '../request.ts';

/** Parts that are on their way at once. */
const AT_ONCE = 4;

interface To {
  client: Client;
  /** Of the server that keeps the artifacts. */
  origin: string;
  signal: AbortSignal | undefined;
  /** The address of a file, or a folder, for one of the services: `artifacts`, `mpu/create`. */
  urlOf: (kind: string, path: string) => string;
}

interface Part {
  part_number: number;
  url: string;
  headers?: Record<string, string>;
}

/**
 * Sends a large file in parts, straight to the store behind the server, where the server offers that. It does for S3, Google
 * and Azure where MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD is set there.
 *
 * @returns false where it is small, or not offered: nothing was sent
 */
export async function putInParts(path: string, data: Blob, to: To): Promise<boolean> {
  const { client, origin, signal, urlOf } = to;
  const { minBytes, partBytes, enabled = await offered(client, origin, signal, data) } = client.multipart;
  if (data.size < minBytes || !enabled) return false;
  const post = (step: string, args: object) => {
    const url = urlOf(`mpu/${step}`, posix.dirname(path)).replace(/\/\.$/, '');
    const body = JSON.stringify({ path: posix.basename(path), ...args });
    return request({ client, method: 'POST', url, body, contentType: 'application/json', signal });
  };
  const created = await post('create', { num_parts: Math.ceil(data.size / partBytes) }).catch((error: unknown) => {
    if (error instanceof MlflowError && error.status === 501) return undefined; // Not by this store.
    throw error;
  });
  if (!created) return false;
  const { upload_id, credentials } = parseReply<{ upload_id: string; credentials: Part[] }>(origin, created);
  try {
    const parts: object[] = [];
    for (let first = 0; first < credentials.length; first += AT_ONCE) {
      const some = credentials.slice(first, first + AT_ONCE);
      parts.push(...(await Promise.all(some.map((part) => putPart(part, data, to)))));
    }
    await post('complete', { upload_id, parts });
  } catch (error) {
    await post('abort', { upload_id }).catch(() => {}); // What there is of it would be paid for.
    throw error;
  }
  return true;
}

async function putPart({ part_number, url, headers = {} }: Part, data: Blob, { client, signal }: To): Promise<object> {
  const { partBytes } = client.multipart;
  const body = data.slice((part_number - 1) * partBytes, part_number * partBytes);
  // The address is what it is allowed by: no credentials of ours for another host.
  const { headers: reply } = await exchange({ client: { ...client, headers }, method: 'PUT', url, body, signal });
  return { part_number, etag: reply.get('etag') ?? '', url };
}

/** Whether the server says that it takes parts; not asked for small files. */
async function offered(client: Client, origin: string, signal: AbortSignal | undefined, data: Blob): Promise<boolean> {
  if (data.size < client.multipart.minBytes) return false;
  const url = `${origin}/api/3.0/mlflow/server-info`;
  try {
    const reply = await request({ client, method: 'GET', url, signal });
    return parseReply<{ multipart_uploads_enabled?: boolean }>(url, reply).multipart_uploads_enabled ?? false;
  } catch (error) {
    if (error instanceof MlflowError && !error.transient) return false; // A server of before.
    throw error;
  }
}
