import { statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the server answers for one path. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real HTTP server on this machine, for tests of downloads. */
export interface FakeWeb {
  url: (path: string) => string;
  /** Requests so far: path and Range header. */
  requests: { path: string; range: string | undefined }[];
  answers: Map<string, Answer>;
  close(): Promise<void>;
}

/** Starts it on a free port; paths without an answer are 404. */
export async function startFakeWeb(): Promise<FakeWeb> {
  const answers = new Map<string, Answer>();
  const requests: FakeWeb['requests'] = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url!, range: request.headers.range });
    const answer = answers.get(request.url!);
    if (answer) answer(request, response);
    else response.writeHead(404).end('no such file');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    requests,
    answers,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** The whole file, whatever is asked for. */
export const whole =
  (bytes: Uint8Array): Answer =>
  (_request, response) =>
    void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);

/** The file from the first byte asked for. */
export const ranges =
  (bytes: Uint8Array): Answer =>
  (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
    if (from < 0) return whole(bytes)(request, response);
    if (from >= bytes.length) return void response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    response.writeHead(206, {
      'content-length': bytes.length - from,
      'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    });
    response.end(bytes.subarray(from));
  };

/** Says how long the file is, sends `sent` bytes of it, and breaks the connection once they are in the file `until`. */
export const cutOff =
  (bytes: Uint8Array, sent: number, until: string): Answer =>
  (_request, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, sent));
    const poll = setInterval(() => {
      if (statSync(until, { throwIfNoEntry: false })?.size !== sent) return;
      clearInterval(poll);
      response.destroy();
    }, 5);
  };
