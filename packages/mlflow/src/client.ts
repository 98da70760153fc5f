import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFetch, type Env, type Fetch, readCertificates, type TlsOptions } from '@simclr/web';

/** Where the server is and how to talk to it: plain data, so `{ ...client, maxRetries: 0 }` is a less patient one. */
export interface Client {
  /** Without a trailing slash and without credentials. */
  trackingUri: string;
  fetch: Fetch;
  /** Sent with every request: authorization, workspace. */
  headers: Record<string, string>;
  maxRetries: number;
  /** Seconds; the n-th retry waits factor · 2^(n−1) plus a random share of the jitter, the first one nothing. */
  backoffFactor: number;
  backoffJitter: number;
  /** How long an attempt may hear nothing; an upload that moves may take any time. */
  timeoutMs: number;
  /** Cut params and tags that are too long for the server; otherwise they are an error. */
  truncateLongValues: boolean;
  /** Files of at least so many bytes go in parts; `enabled` undefined asks the server whether it takes them. */
  multipart: { minBytes: number; partBytes: number; enabled?: boolean | undefined };
}

/**
 * A client of the tracking server at `trackingUri` (http or https; default MLFLOW_TRACKING_URI), set up by the
 * environment variables of MLflow's Python client: MLFLOW_TRACKING_USERNAME and _PASSWORD (or ~/.mlflow/credentials),
 * or else _TOKEN; _INSECURE_TLS, _SERVER_CERT_PATH, _CLIENT_CERT_PATH; MLFLOW_HTTP_REQUEST_{MAX_RETRIES,
 * BACKOFF_FACTOR, BACKOFF_JITTER, TIMEOUT}; MLFLOW_TRUNCATE_LONG_VALUES; MLFLOW_WORKSPACE;
 * MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD, MLFLOW_MULTIPART_UPLOAD_{MINIMUM_FILE_SIZE,CHUNK_SIZE}; and by those that requests knows: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE.
 *
 * @throws Error one line: a value that cannot be used
 */
export function createClient(params: { trackingUri?: string; fetch?: Fetch; env?: Env } = {}): Client {
  const env = params.env ?? process.env;
  const { uri, userinfo } = parseTrackingUri(params.trackingUri ?? env.MLFLOW_TRACKING_URI);
  const authorization = authorizationHeader(env, userinfo);
  const workspace = env.MLFLOW_WORKSPACE?.trim();
  return {
    trackingUri: uri,
    fetch: params.fetch ?? createFetch({ env, tls: tlsOptions(uri, env) }),
    headers: {
      ...(authorization ? { authorization } : {}),
      ...(workspace ? { 'x-mlflow-workspace': workspace } : {}),
    },
    maxRetries: number(env, 'MLFLOW_HTTP_REQUEST_MAX_RETRIES', 7),
    backoffFactor: number(env, 'MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR', 2),
    backoffJitter: number(env, 'MLFLOW_HTTP_REQUEST_BACKOFF_JITTER', 1),
    timeoutMs: number(env, 'MLFLOW_HTTP_REQUEST_TIMEOUT', 120) * 1000,
    truncateLongValues: boolean(env, 'MLFLOW_TRUNCATE_LONG_VALUES', true),
    multipart: {
      minBytes: number(env, 'MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE', 500 * 2 ** 20),
      partBytes: number(env, 'MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE', 10 * 2 ** 20),
      enabled: boolean(env, 'MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD', undefined),
    },
  };
}

function parseTrackingUri(text: string | undefined): { uri: string; userinfo: string | undefined } {
  if (!text) throw new Error('missing tracking uri. set MLFLOW_TRACKING_URI=http://host:port');
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new Error(`unknown tracking uri: ${text}. allowed: http://host:port, https://host:port`);
  }
  const url = new URL(text);
  const userinfo = url.username ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : undefined;
  // fetch refuses addresses with credentials, and they must not be written into cursor files.
  return { uri: `${url.origin}${url.pathname}`.replace(/\/+$/, ''), userinfo };
}

function authorizationHeader(env: Env, userinfo: string | undefined): string | undefined {
  const saved = savedCredentials(env);
  const user = env.MLFLOW_TRACKING_USERNAME || saved.mlflow_tracking_username;
  const password = env.MLFLOW_TRACKING_PASSWORD || saved.mlflow_tracking_password;
  const basic = user && password ? `${user}:${password}` : undefined;
  if (!basic && env.MLFLOW_TRACKING_TOKEN) return `Bearer ${env.MLFLOW_TRACKING_TOKEN}`;
  const used = basic ?? userinfo;
  return used && `Basic ${Buffer.from(used).toString('base64')}`;
}

/** The section [mlflow] of ~/.mlflow/credentials, which Python's client reads for what the environment does not say. */
function savedCredentials(env: Env): Record<string, string> {
  const path = join(env.HOME ?? '', '.mlflow/credentials');
  if (!env.HOME || !existsSync(path)) return {};
  const section = /^\[mlflow\]\s*$([^[]*)/m.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
  const lines = section.matchAll(/^(\w+)\s*[=:]\s*(.*?)\s*$/gm);
  return Object.fromEntries(Array.from(lines, ([, name = '', value = '']) => [name.toLowerCase(), value]));
}

function tlsOptions(uri: string, env: Env): TlsOptions {
  if (!uri.startsWith('https:')) return {};
  const { MLFLOW_TRACKING_SERVER_CERT_PATH: ca, MLFLOW_TRACKING_CLIENT_CERT_PATH: cert } = env;
  // One PEM file with the certificate and its key, as in Python's requests.
  const own = cert ? readCertificates(cert, 'MLFLOW_TRACKING_CLIENT_CERT_PATH') : undefined;
  return {
    ...(boolean(env, 'MLFLOW_TRACKING_INSECURE_TLS', false) && { rejectUnauthorized: false }),
    ...(ca && { ca: readCertificates(ca, 'MLFLOW_TRACKING_SERVER_CERT_PATH') }),
    ...(own && { cert: own, key: own }),
  };
}

function number(env: Env, name: string, fallback: number): number {
  const text = env[name];
  if (!text) return fallback;
  const value = Number(text);
  if (!(value >= 0)) throw new Error(`invalid ${name}: ${text}. allowed: a number ≥ 0`);
  return value;
}

function boolean<T>(env: Env, name: string, fallback: T): boolean | T {
  const text = env[name]?.toLowerCase();
  if (!text) return fallback;
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new Error(`invalid ${name}: ${env[name]}. allowed: true, false, 1, 0`);
}
