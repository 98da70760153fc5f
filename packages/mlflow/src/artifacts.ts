import { checkArtifactPath } from './limits.ts';
import { localStore } from './stores/local.ts';
import { presignedStore } from './stores/presigned.ts';
import { proxiedStore } from './stores/proxied.ts';
import type { At, Data, Store } from './stores/store.ts';
import type { FileInfo } from './types.ts';

/**
 * Files of a run (`run.info.artifactUri`) or of a logged model: through the tracking server (`mlflow-artifacts:`), in large
 * parts where it offers that; in a folder of this machine (`file:`, a path); or in a store of its own (`s3:` and others), where
 * the server signs addresses.
 */

/** Writes one artifact; an older one at the same path is replaced. */
export async function uploadArtifact(params: At & { path: string; data: Data }): Promise<void> {
  checkArtifactPath(params.path);
  await storeOf(params).put(params.path, params.data);
}

export async function downloadArtifact(params: At & { path: string }): Promise<Uint8Array> {
  checkArtifactPath(params.path);
  return storeOf(params).get(params.path);
}

/** Downloads into a file of this machine, whose folder is there: it may be larger than memory, and appears by rename. */
export async function saveArtifact(params: At & { path: string; file: string }): Promise<void> {
  checkArtifactPath(params.path);
  await storeOf(params).get(params.path, params.file);
}

/** Deletes one artifact, or a folder with what is in it. */
export async function deleteArtifact(params: At & { path: string }): Promise<void> {
  checkArtifactPath(params.path);
  await storeOf(params).remove(params.path);
}

/** What lies directly in a folder of the run (default: its root), sorted by path; empty for a file or for nothing. */
export async function listArtifacts(params: At & { path?: string }): Promise<FileInfo[]> {
  const { path } = params;
  if (path !== undefined) checkArtifactPath(path);
  const files = await storeOf(params).list(path);
  // The server answers with the file itself when asked to list a file.
  const only = files.length === 1 ? files[0] : undefined;
  const name = path?.split('/').at(-1);
  if (only && !only.isDir && (only.path === `${path}/${name}` || only.path === path)) return [];
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function storeOf(at: At): Store {
  const store = proxiedStore(at) ?? localStore(at) ?? presignedStore(at);
  if (store) return store;
  throw new Error(`artifact store not served by mlflow: ${at.artifactUri}. start the server with --serve-artifacts`);
}
