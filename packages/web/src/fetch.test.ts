import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFetch } from './fetch.ts';
import type { Env } from './proxy.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const servers: Server[] = [];
async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return (server.address() as AddressInfo).port;
}
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    if ('closeAllConnections' in server) (server as http.Server).closeAllConnections();
  }
});

/** What the origin and the proxy saw. */
let seen: string[];
beforeEach(() => {
  seen = [];
});

/** An origin that nobody can resolve but the proxy, to which every host is the one at `port`. */
async function startProxy(port: number, refuse?: number, tls?: https.ServerOptions): Promise<number> {
  const note = (request: http.IncomingMessage) =>
    seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? '-'}`);
  const handler: Handler = (request, response) => {
    note(request);
    if (refuse) return void response.writeHead(refuse).end('from the proxy');
    const { pathname, search } = new URL(request.url!);
    const { method, headers } = request;
    const onward = http.request({ host: '127.0.0.1', port, path: pathname + search, method, headers }, (reply) => {
      response.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(response);
    });
    request.pipe(onward);
  };
  const proxy = tls ? https.createServer(tls, handler) : http.createServer(handler);
  proxy.on('connect', (request: http.IncomingMessage, socket) => {
    note(request);
    if (refuse) return void socket.end(`HTTP/1.1 ${refuse} Refused\r\n\r\n`);
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on('error', () => onward.destroy());
    return undefined;
  });
  return listen(proxy);
}

const hello: Handler = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  response.end(`${request.method} ${request.headers.host}${request.url} ${Buffer.concat(chunks)}`);
};
const text = async (url: string, env: Env, init?: RequestInit) => (await createFetch({ env })(url, init)).text();
const web = () => listen(http.createServer(hello));

let dir: string;
let tls: { key: Buffer; cert: Buffer } | undefined;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'web-'));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const args = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=any.internal';
  const names = ['-addext', 'subjectAltName=DNS:any.internal,DNS:localhost', '-keyout', key, '-out', cert];
  try {
    execFileSync('openssl', [...args.split(' '), ...names], { stdio: 'ignore' });
    tls = { key: readFileSync(key), cert: readFileSync(cert) };
  } catch {
    console.warn('fetch.test.ts: tests over TLS are skipped: no openssl');
  }
});
afterAll(() => rmSync(dir, { recursive: true }));

describe('fetch through a proxy', () => {
  it('asks for http addresses by their whole name, with the credentials of the proxy', async () => {
    const proxy = await startProxy(await web());
    const env = { http_proxy: `http://me:p%40ss@127.0.0.1:${proxy}` };
    expect(await text('http://any.internal/a?b=c', env)).toBe('GET any.internal/a?b=c ');
    expect(await text('http://any.internal/d', env, { method: 'POST', body: 'größe' })).toBe(
      'POST any.internal/d größe',
    );
    const basic = `Basic ${btoa('me:p@ss')}`;
    expect(seen).toEqual([`GET http://any.internal/a?b=c ${basic}`, `POST http://any.internal/d ${basic}`]);
  });

  it('reaches loopback and what NO_PROXY names directly', async () => {
    const port = await web();
    const proxy = `http://127.0.0.1:${await startProxy(port)}`;
    expect(await text(`http://127.0.0.1:${port}/`, { HTTP_PROXY: proxy })).toBe(`GET 127.0.0.1:${port}/ `);
    const direct = text('http://any.invalid/', { HTTP_PROXY: proxy, NO_PROXY: 'invalid' });
    await expect(direct).rejects.toMatchObject({ code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
    expect(seen).toEqual([]);
  });

  it('asks for a tunnel to https addresses, with an authority of one’s own', async ({ skip }) => {
    if (!tls) return skip('needs openssl');
    const proxy = await startProxy(await listen(https.createServer(tls, hello)));
    const env: Env = { HTTPS_PROXY: `http://127.0.0.1:${proxy}` };
    const bundle = join(dir, 'cert.pem');
    for (const named of [{ REQUESTS_CA_BUNDLE: bundle }, { CURL_CA_BUNDLE: bundle }, { SSL_CERT_FILE: bundle }])
      expect(await text('https://any.internal/x', { ...env, ...named })).toBe('GET any.internal/x ');
    const pinned = createFetch({ env, tls: { ca: readFileSync(bundle) } });
    expect(await (await pinned('https://any.internal/y')).text()).toBe('GET any.internal/y ');
    const careless = createFetch({ env: { ...env, SSL_CERT_FILE: '/none' }, tls: { rejectUnauthorized: false } });
    expect((await careless('https://any.internal/z')).ok).toBe(true);
    expect(seen).toEqual(Array(5).fill('CONNECT any.internal:443 -'));
    await expect(text('https://any.internal/x', env)).rejects.toThrow(
      'certificate not trusted: any.internal (DEPTH_ZERO_SELF_SIGNED_CERT). NODE_EXTRA_CA_CERTS=<file.pem> adds an authority',
    );
    return undefined;
  });

  it('says what the proxy says, for both kinds of address', async () => {
    const port = await web();
    for (const url of ['http://any.internal/', 'https://any.internal/']) {
      const asks = `127.0.0.1:${await startProxy(port, 407)}`;
      await expect(text(url, { ALL_PROXY: asks })).rejects.toThrow(
        `proxy asks for credentials: http://${asks} (ALL_PROXY). allowed: http://user:password@${asks}`,
      );
      await expect(text(url, { ALL_PROXY: `me:secret@${asks}` })).rejects.toThrow(
        `proxy refuses the credentials: http://${asks} (ALL_PROXY)`,
      );
    }
    const broken = `127.0.0.1:${await startProxy(port, 502)}`;
    await expect(text('https://any.internal/', { https_proxy: broken })).rejects.toThrow(
      `proxy answers 502 Refused for any.internal: http://${broken} (https_proxy)`,
    );
    // Without a tunnel the answer may be the host's as well: it is a reply.
    expect((await createFetch({ env: { http_proxy: broken } })('http://any.internal/')).status).toBe(502);
    const closed = await startProxy(port);
    await new Promise((done) => servers.at(-1)!.close(done));
    for (const url of ['http://any.internal/', 'https://any.internal/'])
      await expect(text(url, { ALL_PROXY: `127.0.0.1:${closed}` })).rejects.toThrow(
        `proxy not reachable: http://127.0.0.1:${closed} (ALL_PROXY): ECONNREFUSED`,
      );
  });

  it('stops when it is told to, also while a tunnel is made', async () => {
    const silent = await listen(http.createServer(() => {}).on('connect', () => {}));
    for (const url of ['http://any.internal/', 'https://any.internal/']) {
      const stop = new AbortController();
      const asked = text(url, { ALL_PROXY: `127.0.0.1:${silent}` }, { signal: stop.signal });
      setTimeout(() => stop.abort(), 50);
      await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    }
  });
});

describe('fetch', () => {
  const serve = (answer: Handler) => listen(http.createServer(answer));

  it('follows redirects as the standard has it; credentials stay with their origin', async () => {
    const other = await web();
    const port = await serve((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      const [, status, to] = /^\/(\d+)\/(.*)/.exec(request.url!) ?? [];
      if (!status) return hello(request, response);
      return response.writeHead(Number(status), { location: decodeURIComponent(to!) }).end('moved');
    });
    const at = `http://127.0.0.1:${port}`;
    const post = { method: 'POST', body: 'x', headers: { authorization: 'Basic a' } };
    expect(await text(`${at}/302/%2Fnext`, {}, post)).toBe(`GET 127.0.0.1:${port}/next `);
    expect(await text(`${at}/307/%2Fnext`, {}, post)).toBe(`POST 127.0.0.1:${port}/next x`);
    const elsewhere = encodeURIComponent(`http://127.0.0.1:${other}/there`);
    expect(await text(`${at}/301/${elsewhere}`, {})).toBe(`GET 127.0.0.1:${other}/there `);
    expect(seen.slice(0, 4)).toEqual(
      ['POST /302/%2Fnext', 'GET /next', 'POST /307/%2Fnext', 'POST /next'].map((line) => `${line} Basic a`),
    );
    const back = await serve((request, response) => {
      seen.push(String(request.headers.authorization));
      response.end();
    });
    await text(`${at}/308/${encodeURIComponent(`http://127.0.0.1:${back}/`)}`, {}, post);
    expect(seen.at(-1)).toBe('undefined');
    const round = await serve((_request, response) => void response.writeHead(302, { location: '/' }).end());
    await expect(text(`http://127.0.0.1:${round}/`, {})).rejects.toThrow('redirected more than 20 times');
  });

  it('uploads a stream as it comes, and says where it is sent elsewhere', async () => {
    const port = await listen(
      http.createServer(async (request, response) => {
        if (request.url === '/away') return void response.writeHead(307, { location: '/' }).end();
        let bytes = 0;
        for await (const piece of request) bytes += (piece as Buffer).length;
        response.end(`${request.headers['content-length']} ${bytes}`);
      }),
    );
    const upload = (path: string) => {
      const blob = new Blob([new Uint8Array(300_000)]);
      const headers = { 'content-length': String(blob.size) };
      return createFetch({ env: {} })(`http://127.0.0.1:${port}${path}`, {
        method: 'PUT',
        headers,
        body: blob.stream(),
      });
    };
    expect(await (await upload('/')).text()).toBe('300000 300000');
    await expect(upload('/away')).rejects.toThrow('redirected while it was uploaded to: http:');
  });

  it('gives statuses, headers and replies without a body as fetch does', async () => {
    const port = await serve((_request, response) => void response.writeHead(204, { 'x-a': ['1', '2'] }).end());
    const reply = await createFetch({ env: {} })(`http://127.0.0.1:${port}/`);
    expect([reply.status, reply.ok, await reply.text()]).toEqual([204, true, '']);
    expect(reply.headers.get('x-a')).toBe('1, 2');
  });

  it('fails where a body is cut off', async () => {
    const port = await serve((request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('12345', () => request.socket.destroy());
    });
    await expect(text(`http://127.0.0.1:${port}/`, {})).rejects.toThrow();
  });

  it('says which variable names certificates that are not there', async () => {
    const path = join(dir, 'none.pem');
    await expect(text('https://any.invalid/', { REQUESTS_CA_BUNDLE: path })).rejects.toThrow(
      `unreadable certificates: ${path} (ENOENT). REQUESTS_CA_BUNDLE must name a PEM file`,
    );
  });
});
