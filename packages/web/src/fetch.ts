import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { certificatesFromEnv } from './certificates.ts';
import { explain, proxyAnswer, requireProxies } from './errors.ts';
import { type Env, type ProxyServer, proxyFor } from './proxy.ts';

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;
/** `ca`, `cert` and `key` are PEM texts. */
export type TlsOptions = Pick<https.AgentOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;

const MAX_REDIRECTS = 20;
/** For a proxy to make a tunnel. Node takes a request's timeout for it; nothing else ends by that. */
const TUNNEL_MS = 30_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Replies that have no body. */
const EMPTY = new Set([204, 205, 304]);

/**
 * `fetch` (method, headers, body, signal; redirects are followed) that goes through the proxy that the environment
 * names for an address (see `proxyFor`), and trusts `tls.ca`, or what REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or
 * SSL_CERT_FILE name, instead of the authorities built in. It works over node:http, whose agents take all of that at
 * once; Node's own fetch has no option for TLS, and asks a proxy for a tunnel to port 80, which many refuse.
 *
 * Rejects with the signal's reason, a WebError in words, or the system's error.
 */
export function createFetch({ env = process.env, tls = {} }: { env?: Env; tls?: TlsOptions } = {}): Fetch {
  const agents = new Map<string, http.Agent>();
  const agentFor = (url: URL, proxy: ProxyServer | undefined): http.Agent => {
    const id = `${url.protocol} ${proxy?.url.href}`;
    const agent = agents.get(id) ?? createAgent(url.protocol, proxy, env, tls);
    agents.set(id, agent);
    return agent;
  };
  return async (address, init = {}) => {
    const { method = 'GET', headers } = init;
    let sent: Sent = { url: new URL(address), method, headers: new Headers(headers), body: await bodyOf(init.body) };
    for (let redirects = 0; ; redirects++) {
      const proxy = proxyFor(sent.url, env);
      const reply = await send(sent, agentFor(sent.url, proxy), init.signal ?? undefined).catch((error: unknown) => {
        throw explain(error, sent.url, proxy);
      });
      if (proxy && reply.statusCode === 407) {
        reply.resume();
        throw proxyAnswer('407', sent.url, proxy);
      }
      const { location } = reply.headers;
      if (!REDIRECTS.has(reply.statusCode!) || location === undefined) return toResponse(reply);
      reply.resume();
      if (sent.body instanceof ReadableStream) throw new Error(`redirected while it was uploaded to: ${address}`);
      if (redirects === MAX_REDIRECTS) throw new Error(`redirected more than ${MAX_REDIRECTS} times: ${address}`);
      sent = redirected(sent, reply.statusCode!, location);
    }
  };
}

function createAgent(protocol: string, proxy: ProxyServer | undefined, env: Env, tls: TlsOptions): http.Agent {
  const href = proxy?.url.href;
  if (proxy) requireProxies(proxy, process.versions.node);
  const common = { keepAlive: true, ...(href && { proxyEnv: { http_proxy: href, https_proxy: href } }) };
  if (protocol !== 'https:') return new http.Agent(common);
  const ca = tls.ca ?? (tls.rejectUnauthorized === false ? undefined : certificatesFromEnv(env));
  return new https.Agent({ ...common, ...tls, ...(ca && { ca }) });
}

interface Sent {
  url: URL;
  method: string;
  headers: Headers;
  body: Buffer | ReadableStream<Uint8Array> | undefined;
}

/** A stream stays one: what is uploaded may be larger than memory. Without a content-length it is sent in chunks. */
async function bodyOf(body: RequestInit['body']): Promise<Sent['body']> {
  if (body == null || body instanceof ReadableStream) return body ?? undefined;
  return Buffer.from(await new Response(body).arrayBuffer());
}

function send({ url, method, headers, body }: Sent, agent: http.Agent, signal?: AbortSignal) {
  return new Promise<http.IncomingMessage>((resolve, reject) => {
    const { request } = url.protocol === 'https:' ? https : http;
    const length = body instanceof Buffer && { 'content-length': String(body.length) };
    const options = { agent, method, headers: { ...Object.fromEntries(headers), ...length }, timeout: TUNNEL_MS };
    // A request that waits for its tunnel does not see that it was aborted.
    const abort = () => reject(signal?.reason);
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
    const sending = request(url, { ...options, ...(signal && { signal }) }, resolve)
      .on('error', reject)
      .on('close', () => signal?.removeEventListener('abort', abort));
    if (body instanceof ReadableStream) pipeline(Readable.fromWeb(body), sending).catch(reject);
    else sending.end(body);
  });
}

/** The next request, as the Fetch standard has it: 303, and 301 and 302 after a POST, turn it into a GET. */
function redirected({ url, method, headers, body }: Sent, status: number, location: string): Sent {
  const next = new URL(location, url);
  const kept = new Headers(headers);
  // Credentials are for the origin that they were given for.
  if (next.origin !== url.origin) for (const name of ['authorization', 'cookie']) kept.delete(name);
  const get = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST');
  if (!get) return { url: next, method, headers: kept, body };
  kept.delete('content-type');
  return { url: next, method: 'GET', headers: kept, body: undefined };
}

function toResponse(reply: http.IncomingMessage): Response {
  const status = reply.statusCode!;
  const empty = EMPTY.has(status);
  if (empty) reply.resume();
  const headers = Object.entries(reply.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
  );
  return new Response(empty ? null : (Readable.toWeb(reply) as ReadableStream<Uint8Array>), { status, headers });
}
