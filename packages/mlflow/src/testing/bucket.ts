import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Bucket {
  uri: string;
  /** By path, `/bucket/key`. */
  objects: Map<string, Buffer>;
  /** `PUT part`, `POST complete`, …, as they came. */
  log: string[];
  /** Refuses the next request of that kind. */
  refuse: string | undefined;
  close(): Promise<void>;
}

/** As much of an S3 store as MLflow's server and signed addresses use, in memory; signatures are not looked at. */
export async function startBucket(): Promise<Bucket> {
  const parts = new Map<string, Map<number, Buffer>>();
  const server = createServer(async (request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://x');
    const path = decodeURIComponent(pathname);
    const body = Buffer.concat(await request.toArray());
    const upload = query.get('uploadId');
    const step = query.has('uploads') ? ' create' : query.has('partNumber') ? ' part' : upload ? ' upload' : '';
    const what = `${request.method}${step}`;
    bucket.log.push(what);
    if (bucket.refuse === what) {
      bucket.refuse = undefined;
      return response.writeHead(403).end();
    }
    const xml = (text: string) => response.writeHead(200, { 'content-type': 'application/xml' }).end(text);
    if (what === 'POST create') {
      const id = `u${parts.size}`;
      parts.set(id, new Map());
      return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
    }
    if (what === 'PUT part') {
      parts.get(upload!)!.set(Number(query.get('partNumber')), body);
      return response.writeHead(200, { etag: `"p${query.get('partNumber')}"` }).end();
    }
    if (what === 'POST upload') {
      const numbers = Array.from(body.toString().matchAll(/<PartNumber>(\d+)</g), ([, number]) => Number(number));
      bucket.objects.set(path, Buffer.concat(numbers.map((number) => parts.get(upload!)!.get(number)!)));
      return xml('<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>');
    }
    if (what === 'DELETE upload') return response.writeHead(204).end();
    if (what === 'PUT') {
      bucket.objects.set(path, body);
      return response.writeHead(200, { etag: '"x"' }).end();
    }
    if (query.has('list-type')) return xml(listing(`${path.replace(/\/$/, '')}/`, query.get('prefix') ?? ''));
    const found = bucket.objects.get(path);
    if (!found) return response.writeHead(404).end();
    response.writeHead(200, { 'content-length': found.length, etag: '"x"' });
    return response.end(request.method === 'HEAD' ? undefined : found);
  });

  function listing(folder: string, prefix: string): string {
    const keys = [...bucket.objects].flatMap(([path, { length }]) => {
      return path.startsWith(folder + prefix) ? [{ key: path.slice(folder.length), length }] : [];
    });
    const inner = new Set(keys.flatMap(({ key }) => /^[^/]+\//.exec(key.slice(prefix.length))?.[0] ?? []));
    const files = keys.filter(({ key }) => !key.slice(prefix.length).includes('/'));
    return [
      '<ListBucketResult><IsTruncated>false</IsTruncated>',
      ...files.map(({ key, length }) => `<Contents><Key>${key}</Key><Size>${length}</Size></Contents>`),
      ...[...inner].map((name) => `<CommonPrefixes><Prefix>${prefix}${name}</Prefix></CommonPrefixes>`),
      '</ListBucketResult>',
    ].join('');
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bucket: Bucket = {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: new Map(),
    log: [],
    refuse: undefined,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return bucket;
}
