import type { Client } from './client.ts';
import { checkArtifactPath } from './limits.ts';
import { parseReply, query, request } from './request.ts';
import type { FileInfo } from './types.ts';

interface OnArtifacts {
  client: Client;
  /** `run.info.artifactUri`; it must be `mlflow-artifacts:`, that is, served by the tracking server. */
  artifactUri: string;
  signal?: AbortSignal | undefined;
}

/** Writes one artifact; an older one at the same path is replaced. */
export async function uploadArtifact(
  params: OnArtifacts & { path: string; data: string | Uint8Array<ArrayBuffer> | Blob },
): Promise<void> {
  const { client, artifactUri, path, data, signal } = params;
  const url = fileUrl(client, artifactUri, path);
  await request({ client, method: 'PUT', url, body: data, contentType: 'application/octet-stream', signal });
}

export async function downloadArtifact(params: OnArtifacts & { path: string }): Promise<Uint8Array> {
  const { client, artifactUri, path, signal } = params;
  return request({ client, method: 'GET', url: fileUrl(client, artifactUri, path), signal });
}

/** Deletes one artifact, or a folder with what is in it. */
export async function deleteArtifact(params: OnArtifacts & { path: string }): Promise<void> {
  const { client, artifactUri, path, signal } = params;
  await request({ client, method: 'DELETE', url: fileUrl(client, artifactUri, path), signal });
}

/** What lies directly in a folder of the run (default: its root), sorted by path; empty for a file or for nothing. */
export async function listArtifacts(params: OnArtifacts & { path?: string }): Promise<FileInfo[]> {
  const { client, artifactUri, path, signal } = params;
  if (path !== undefined) checkArtifactPath(path);
  const { server, root } = artifactRoot(client, artifactUri);
  const url = `${server}?${query({ path: path === undefined ? root : `${root}/${path}` })}`;
  const reply = parseReply<{ files?: { path: string; is_dir?: boolean; file_size?: number | string }[] }>(
    url,
    await request({ client, method: 'GET', url, signal }),
  );
  const files = (reply.files ?? []).map((file) => ({
    path: path === undefined ? file.path : `${path}/${file.path}`,
    isDir: file.is_dir ?? false,
    fileSize: file.file_size === undefined ? undefined : Number(file.file_size),
  }));
  // The server answers with the file itself when asked to list a file.
  const only = files.length === 1 ? files[0] : undefined;
  if (only && !only.isDir && path !== undefined && only.path === `${path}/${path.split('/').at(-1)}`) return [];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function fileUrl(client: Client, artifactUri: string, path: string): string {
  checkArtifactPath(path);
  const { server, root } = artifactRoot(client, artifactUri);
  return [server, ...root.split('/'), ...path.split('/').map(encodeURIComponent)].join('/');
}

/** `mlflow-artifacts:/<path>` lies on the tracking server, `mlflow-artifacts://<host>/<path>` on another one. */
function artifactRoot(client: Client, artifactUri: string): { server: string; root: string } {
  const match = /^mlflow-artifacts:(?:\/\/([^/]*))?\/*(.*?)\/*$/.exec(artifactUri);
  if (!match) {
    throw new Error(`artifact store not served by mlflow: ${artifactUri}. start the server with --serve-artifacts`);
  }
  const [, host, root = ''] = match;
  const origin = host ? `${new URL(client.trackingUri).protocol}//${host}` : client.trackingUri;
  return { server: `${origin}/api/2.0/mlflow-artifacts/artifacts`, root };
}
