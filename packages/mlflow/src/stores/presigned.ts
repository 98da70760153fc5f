import { call, request } from '../request.ts';
import type { At, Store } from './store.ts';

interface Signed {
  presigned_url: string;
  headers?: Record<string, string>;
}

/**
 * A store of its own, such as `s3://bucket`, to which the server signs addresses; it lists by itself. Such addresses are for
 * a run's files, and for writing a logged model's. Undefined where the URI tells neither.
 */
export function presignedStore({ client, artifactUri, signal }: At): Store | undefined {
  const [, model] = /\/models\/(m-[0-9a-f]{32})\/artifacts$/.exec(artifactUri) ?? [];
  const [, run] = /\/([0-9a-f]{32})\/artifacts$/.exec(artifactUri) ?? [];
  if (!model && !run) return undefined;
  const owner = model ? { model_id: model } : { run_id: run };
  const sign = async (what: 'upload' | 'download', path: string) => {
    const endpoint = `artifacts/presigned-${what}-url`;
    const args = { ...owner, path };
    const { presigned_url: url, headers = {} } = await call<Signed>({ client, method: 'POST', endpoint, args, signal });
    // The address is what it is allowed by: no credentials of ours for another host.
    return { client: { ...client, headers }, url, signal };
  };
  return {
    async put(path, data) {
      await request({ ...(await sign('upload', path)), method: 'PUT', body: data });
    },
    get: async (path, save) => request({ ...(await sign('download', path)), method: 'GET', save }),
    remove() {
      throw new Error(`artifact store deletes nothing for clients: ${artifactUri}. use the tools of the store`);
    },
    async list(path) {
      interface Reply {
        files?: { path: string; is_dir?: boolean; file_size?: number | string }[];
      }
      const of = model
        ? { endpoint: `logged-models/${model}/artifacts/directories`, args: { artifact_directory_path: path } }
        : { endpoint: 'artifacts/list', args: { run_id: run, path } };
      const { files = [] } = await call<Reply>({ client, method: 'GET', ...of, signal });
      return files.map(({ path: inner, is_dir: isDir = false, file_size: size }) => {
        return { path: inner, isDir, fileSize: size === undefined || isDir ? undefined : Number(size) };
      });
    },
  };
}
