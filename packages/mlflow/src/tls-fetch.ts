import { Agent, type AgentOptions, request } from 'node:https';
import { Readable } from 'node:stream';
import type { Fetch } from './client.ts';

/**
 * The part of `fetch` that this client uses, over node:https: Node's own fetch has no option for a private
 * certificate authority, a client certificate, or for skipping verification.
 */
export function tlsFetch(options: AgentOptions): Fetch {
  const agent = new Agent({ ...options, keepAlive: true });
  return async (url, init) => {
    const body = init.body === undefined || init.body === null ? undefined : await new Response(init.body).bytes();
    const headers = new Headers(init.headers);
    if (body) headers.set('content-length', String(body.length));
    return new Promise<Response>((resolve, reject) => {
      const sent = request(
        url,
        {
          agent,
          method: init.method ?? 'GET',
          headers: Object.fromEntries(headers),
          ...(init.signal ? { signal: init.signal } : {}),
        },
        (reply) => {
          const status = reply.statusCode ?? 0;
          const empty = status === 204 || status === 304;
          if (empty) reply.resume();
          resolve(
            new Response(empty ? null : (Readable.toWeb(reply) as ReadableStream<Uint8Array>), {
              status,
              headers: Object.entries(reply.headers).flatMap(([name, value]) =>
                value === undefined ? [] : [value].flat().map((one): [string, string] => [name, one]),
              ),
            }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  };
}
