import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What happens to a request on its way. `upload`: cut before all of it has come. `cut`: it never arrives. `reset`: it
 * arrives, and the connection is reset in the middle of the answer. `twice`: it arrives two times. `late`: cut, and it
 * arrives half a second later, behind what was sent after it. `slow`: it takes a second.
 */
export type Mishap = 'upload' | 'cut' | 'reset' | 'twice' | 'late' | 'slow' | { status: number; retryAfter: number };

export interface FaultProxy {
  uri: string;
  /** How often each mishap happened. */
  counts: Record<string, number>;
  /** Nobody listens for so long: connections are refused. */
  pause(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** A proxy on loopback before the server at `target`. @param mishap of the next request; undefined passes it on */
export async function startFaultProxy(target: () => string, mishap: () => Mishap | undefined): Promise<FaultProxy> {
  const counts: Record<string, number> = {};
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing).catch(() => outgoing.destroy()));
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const what = mishap();
    if (what) {
      const name = typeof what === 'object' ? String(what.status) : what;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    const { socket } = incoming;
    if (what === 'upload') {
      await once(incoming, 'data');
      return void socket.resetAndDestroy();
    }
    const body = Buffer.concat(await incoming.toArray());
    if (what === 'cut') return void socket.destroy();
    if (typeof what === 'object') {
      return void outgoing
        .writeHead(what.status, { 'retry-after': String(what.retryAfter) })
        .end('a page of the proxy');
    }
    if (what === 'slow') await sleep(1000);
    if (what === 'late') {
      socket.resetAndDestroy();
      await sleep(500);
    }
    if (what === 'twice') await forward(incoming, body);
    const answer = await forward(incoming, body);
    if (what === 'late') return;
    outgoing.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
    if (what !== 'reset') return void outgoing.end(answer.body);
    outgoing.write(answer.body.subarray(0, answer.body.length >> 1), () => socket.resetAndDestroy());
  }

  async function forward({ method, url, headers }: IncomingMessage, body: Buffer) {
    const sent = request(new URL(url ?? '/', target()), { method, headers: { ...headers, connection: 'close' } });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const { 'content-type': type = 'application/json' } = answer.headers;
    return {
      status: answer.statusCode!,
      headers: { 'content-type': type },
      body: Buffer.concat(await answer.toArray()),
    };
  }

  return {
    uri: `http://127.0.0.1:${port}`,
    counts,
    async pause(ms) {
      await stop();
      await sleep(ms);
      await listen(port);
    },
    close: stop,
  };
}
