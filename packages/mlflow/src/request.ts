import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';
import { errorFromFailure, errorFromReply, MlflowError } from './errors.ts';
import { downloaded, type Silence, saved, silenceAfter, uploading } from './silence.ts';

/** urllib3's limit for one wait, which the Python client goes by; here also for what Retry-After says. */
const MAX_BACKOFF_MS = 120_000;

export interface RequestParams {
  client: Client;
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  url: string;
  body?: string | Uint8Array<ArrayBuffer> | Blob;
  contentType?: string;
  /** A file that the body of the reply goes into: nothing of it is returned. */
  save?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** One request with retries; returns the whole body. Throws MlflowError, or the signal's reason when aborted. */
export async function request(params: RequestParams): Promise<Uint8Array> {
  return (await exchange(params)).bytes;
}

/** The same, with the reply's headers. */
export function exchange(params: RequestParams): Promise<Exchanged> {
  return retrying(params.client, params.signal, () => attempt(params));
}

interface Exchanged {
  bytes: Uint8Array;
  headers: Headers;
}

/** What `call` asks for. */
export interface Call {
  client: Client;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  endpoint: string;
  args: Record<string, unknown>;
  signal?: AbortSignal | undefined;
}

/** A JSON endpoint of the tracking API 2.0: query parameters for GET, a JSON body otherwise. */
export async function call<T>({ client, method, endpoint, args, signal }: Call): Promise<T> {
  const url = `${client.trackingUri}/api/2.0/mlflow/${endpoint}`;
  const sent =
    method === 'GET'
      ? { url: `${url}?${query(args)}` }
      : { url, body: JSON.stringify(args), contentType: 'application/json' };
  return parseReply<T>(url, await request({ client, method, ...sent, signal }));
}

export function parseReply<T>(url: string, bytes: Uint8Array): T {
  const text = Buffer.from(bytes).toString('utf8');
  try {
    return JSON.parse(text || '{}') as T;
  } catch (cause) {
    const message = `the reply is not JSON, is this an MLflow server? ${text.slice(0, 80)}`;
    throw new MlflowError({ status: 200, code: 'BAD_RESPONSE', message, url }, { cause });
  }
}

/** Query parameters without the undefined ones; a list is its name once for each. */
export function query(args: Record<string, unknown>): URLSearchParams {
  const defined = Object.entries(args).filter(([, value]) => value !== undefined);
  return new URLSearchParams(
    defined.flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, String(one)])),
  );
}

/** Runs `once` until it succeeds, fails for good, or the client's retries are used up. */
export async function retrying<T>(client: Client, signal: AbortSignal | undefined, once: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; ) {
    signal?.throwIfAborted();
    try {
      return await once();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof MlflowError) || !error.transient || failures++ >= client.maxRetries) throw error;
      await sleep(retryDelay(client, error, failures), undefined, { ...(signal ? { signal } : {}) });
    }
  }
}

/**
 * Milliseconds until the next try, as urllib3 has it for the Python client: what Retry-After says, or else the first retry at
 * once, then factor · 2^(n−1) seconds plus jitter.
 *
 * @param failures so far, at least 1
 */
export function retryDelay(client: Client, error: MlflowError, failures: number): number {
  if (error.retryAfterMs === undefined && failures === 1) return 0;
  const seconds = client.backoffFactor * 2 ** (failures - 1) + Math.random() * client.backoffJitter;
  return Math.min(MAX_BACKOFF_MS, error.retryAfterMs ?? seconds * 1000);
}

async function attempt({ client, method, url, body, contentType, save, signal }: RequestParams): Promise<Exchanged> {
  const silence = silenceAfter(client.timeoutMs, signal);
  const headers = { ...client.headers, ...(contentType ? { 'content-type': contentType } : {}) };
  let reply: Response;
  let bytes: Uint8Array;
  try {
    reply = await client.fetch(url, {
      method,
      ...sent(body, headers, silence),
      signal: silence.signal,
    });
    // The body belongs to the attempt: a connection cut in the middle of it is tried again too.
    if (reply.ok && save !== undefined) {
      await saved(reply, silence, save);
      bytes = new Uint8Array();
    } else bytes = await downloaded(reply, silence);
  } catch (cause) {
    signal?.throwIfAborted();
    throw errorFromFailure(url, cause, silence.signal.aborted ? client.timeoutMs : undefined);
  } finally {
    silence.done();
  }
  if (reply.ok) return { bytes, headers: reply.headers };
  throw errorFromReply(url, reply.status, reply.headers, Buffer.from(bytes).toString('utf8'));
}

/** What is sent, for `fetch`. A blob may be a file larger than memory. */
function sent(body: RequestParams['body'], headers: Record<string, string>, silence: Silence): RequestInit {
  if (body === undefined) return { headers };
  if (!(body instanceof Blob)) return { headers, body };
  const length = { 'content-length': String(body.size) };
  return { headers: { ...headers, ...length }, body: uploading(body, silence), duplex: 'half' };
}
