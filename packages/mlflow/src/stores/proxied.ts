import { parseReply, query, request } from '../request.ts';
import { putInParts } from './parts.ts';
import type { At, Store } from './store.ts';

/** Files that the tracking server keeps, or passes on: URIs `mlflow-artifacts:`. Undefined where the URI is another. */
export function proxiedStore({ client, artifactUri, signal }: At): Store | undefined {
  // `mlflow-artifacts:/<path>` lies on the tracking server, `mlflow-artifacts://<host>/<path>` on another one.
  const match = /^mlflow-artifacts:(?:\/\/([^/]*))?\/*(.*?)\/*$/.exec(artifactUri);
  if (!match) return undefined;
  const [, host, root = ''] = match;
  const origin = host ? `${new URL(client.trackingUri).protocol}//${host}` : client.trackingUri;
  const service = `${origin}/api/2.0/mlflow-artifacts`;
  const at = (kind: string, path: string) =>
    [service, kind, ...root.split('/'), ...path.split('/').map(encodeURIComponent)].join('/');
  return {
    async put(path, data) {
      const to = { client, origin, signal, urlOf: at };
      if (data instanceof Blob && (await putInParts(path, data, to))) return;
      const contentType = 'application/octet-stream';
      await request({ client, method: 'PUT', url: at('artifacts', path), body: data, contentType, signal });
    },
    get: (path, save) => request({ client, method: 'GET', url: at('artifacts', path), save, signal }),
    async remove(path) {
      await request({ client, method: 'DELETE', url: at('artifacts', path), signal });
    },
    async list(path) {
      const url = `${service}/artifacts?${query({ path: path === undefined ? root : `${root}/${path}` })}`;
      const bytes = await request({ client, method: 'GET', url, signal });
      const reply = parseReply<{ files?: { path: string; is_dir?: boolean; file_size?: number | string }[] }>(
        url,
        bytes,
      );
      return (reply.files ?? []).map((file) => ({
        path: path === undefined ? file.path : `${path}/${file.path}`,
        isDir: file.is_dir ?? false,
        fileSize: file.file_size === undefined ? undefined : Number(file.file_size),
      }));
    },
  };
}
