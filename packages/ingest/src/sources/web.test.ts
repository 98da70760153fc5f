import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cutOff, type FakeWeb, ranges, startFakeWeb, whole } from './fake-web.ts';
import { type DownloadOptions, download as downloadPart, partOf } from './web.ts';

const file = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * 7919) >> 5));

let web: FakeWeb;
let dir: string;
let path: string;
beforeAll(async () => {
  web = await startFakeWeb();
});
afterAll(() => web.close());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'web-'));
  path = join(dir, 'cache/file.gz');
  web.requests.length = 0;
  web.answers.clear();
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

/** What an earlier attempt left. */
const leavePart = (bytes: Uint8Array) => {
  mkdirSync(dirname(path));
  writeFileSync(`${path}.part`, bytes);
};
/** The file, and that its checksum was computed as it came; no second attempt unless it is asked for. */
async function download(url: string, to: string, options: DownloadOptions = {}): Promise<Uint8Array> {
  const found = await downloadPart(url, to, 'md5', { attempts: 1, backoffMs: 1, ...options });
  const bytes = readFileSync(partOf(to));
  expect(found).toBe(createHash('md5').update(bytes).digest('hex'));
  return bytes;
}
const expectFile = async (downloaded: Promise<Uint8Array>) => expect(file.equals(await downloaded)).toBe(true);

describe('download', () => {
  it('gives the bytes and their checksum, and tells how far it is', async () => {
    web.answers.set('/file', whole(file));
    const told: (number | undefined)[][] = [];
    await expectFile(download(web.url('/file'), path, { onProgress: (...progress) => told.push(progress) }));
    expect(told.at(-1)).toEqual([file.length, file.length]);
    expect(web.requests).toEqual([{ path: '/file', range: undefined }]);
  });

  it('goes on where an earlier attempt stopped', async () => {
    leavePart(file.subarray(0, 40_000));
    web.answers.set('/file', ranges(file));
    const told: (number | undefined)[][] = [];
    await expectFile(download(web.url('/file'), path, { onProgress: (...progress) => told.push(progress) }));
    expect(web.requests).toEqual([{ path: '/file', range: 'bytes=40000-' }]);
    expect(told.at(-1)).toEqual([file.length, file.length]);
  });

  it('starts over where the server cannot go on', async () => {
    leavePart(file.subarray(0, 40_000));
    web.answers.set('/file', whole(file));
    await expectFile(download(web.url('/file'), path));
  });

  it('starts over where the part is as long as the file', async () => {
    leavePart(Buffer.alloc(file.length, 1));
    web.answers.set('/file', ranges(file));
    await expectFile(download(web.url('/file'), path));
    expect(web.requests.map(({ range }) => range)).toEqual([`bytes=${file.length}-`, undefined]);
  });

  it('starts over where the server goes on from another byte', async () => {
    leavePart(file.subarray(0, 40_000));
    web.answers.set('/file', (request, response) => {
      if (!request.headers.range) return whole(file)(request, response);
      response.writeHead(206, { 'content-range': `bytes 0-${file.length - 1}/${file.length}` }).end(file);
    });
    await expectFile(download(web.url('/file'), path));
  });

  it('keeps what came before the connection broke, for the next attempt', async () => {
    web.answers.set('/file', cutOff(file, 30_000, `${path}.part`));
    await expect(download(web.url('/file'), path)).rejects.toThrow();
    expect(readFileSync(`${path}.part`).equals(file.subarray(0, 30_000))).toBe(true);
    web.answers.set('/file', ranges(file));
    await expectFile(download(web.url('/file'), path));
    expect(web.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=30000-']);
  });

  it('gives a gzip file as it is published, also where the server calls it an encoding', async () => {
    const gz = gzipSync(file);
    web.answers.set('/file.gz', (request, response) => {
      const encoding = /gzip/.test(String(request.headers['accept-encoding'])) ? { 'content-encoding': 'gzip' } : {};
      response.writeHead(200, { 'content-length': gz.length, ...encoding }).end(gz);
    });
    expect(await download(web.url('/file.gz'), path)).toEqual(gz);
  });

  it('asks again for what broke off, from where it did, and where the server is busy', async () => {
    let [cuts, busy] = [0, 0];
    web.answers.set('/file', (request, response) => {
      if (busy++ === 0) return void response.writeHead(503).end();
      if (cuts++ === 0) return cutOff(file, 30_000, `${path}.part`)(request, response);
      return ranges(file)(request, response);
    });
    await expectFile(download(web.url('/file'), path, { attempts: 3 }));
    expect(web.requests.map(({ range }) => range)).toEqual([undefined, undefined, 'bytes=30000-']);
    web.requests.length = 0;
    web.answers.set('/none', (_request, response) => void response.writeHead(503).end());
    await expect(download(web.url('/none'), path, { attempts: 3 })).rejects.toThrow(/^http 503$/);
    expect(web.requests).toHaveLength(3);
  });

  it('does not ask again for what is not there, or where nobody answers', async () => {
    await expect(download(web.url('/nothing'), path, { attempts: 3 })).rejects.toThrow(/^http 404$/);
    expect(web.requests).toHaveLength(1);
    await expect(download('http://127.0.0.1:9/file', path, { attempts: 3 })).rejects.toThrow(/ECONNREFUSED|bad port/);
  });

  it('says what the server answered', async () => {
    await expect(download(web.url('/nothing'), path)).rejects.toThrow(/^http 404$/);
    expect(existsSync(`${path}.part`)).toBe(false);
  });

  it('gives up soon where nobody answers, or nothing more comes', async () => {
    web.answers.set('/silent', () => {});
    await expect(download(web.url('/silent'), path, { connectMs: 50 })).rejects.toThrow(/^no answer within 0\.05 s$/);
    web.answers.set('/stalled', (_request, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('12345');
    });
    await expect(download(web.url('/stalled'), path, { stallMs: 50 })).rejects.toThrow(/^no data for 0\.05 s$/);
    expect(readFileSync(`${path}.part`, 'latin1')).toBe('12345');
  });

  it('goes through the proxy that the environment names, and names it where it fails', async () => {
    // A proxy gets the whole address.
    web.answers.set('http://any.internal/file', ranges(file));
    vi.stubEnv('http_proxy', web.url(''));
    await expectFile(download('http://any.internal/file', path));
    await expect(download('http://any.internal/none', path)).rejects.toThrow(
      new RegExp(`^http 404 through the proxy ${web.url('')}$`),
    );
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1');
    await expect(download('http://any.internal/file', path)).rejects.toThrow(
      /^proxy not reachable: http:\/\/127\.0\.0\.1:1 \(http_proxy\): ECONNREFUSED$/,
    );
    // This machine is not asked for through a proxy.
    web.answers.set('/file', whole(file));
    await expectFile(download(web.url('/file'), path));
  });

  it('says why there is no connection', async () => {
    const port = await new Promise<number>((done) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        server.close(() => done(port));
      });
    });
    await expect(download(`http://127.0.0.1:${port}/file`, path)).rejects.toThrow(/ECONNREFUSED/);
  });

  it('stops when it is told to, also before it began', async () => {
    web.answers.set('/file', whole(file));
    const told = AbortSignal.abort(new Error('stopped'));
    await expect(download(web.url('/file'), path, { signal: told })).rejects.toThrow(/^stopped$/);
    expect(web.requests).toEqual([]);
    const stop = new AbortController();
    web.answers.set('/silent', () => stop.abort(new Error('stopped')));
    await expect(download(web.url('/silent'), path, { signal: stop.signal })).rejects.toThrow(/^stopped$/);
  });
});
