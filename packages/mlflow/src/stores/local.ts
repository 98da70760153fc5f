import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MlflowError } from '../errors.ts';
import type { At, Store } from './store.ts';

/**
 * A folder of the file system, as a server without `--serve-artifacts` has it: clients write there themselves. Undefined
 * where the URI is another.
 *
 * @throws Error one line, where the folder is of another machine and not here
 */
export function localStore({ client, artifactUri }: At): Store | undefined {
  const root = folderOf(artifactUri);
  if (root === undefined) return undefined;
  // `<experiment>/<run>/artifacts`: the run's own folder comes with its first file.
  if (!isHere(client.trackingUri) && !existsSync(resolve(root, '../..'))) {
    throw new Error(
      `artifact store not reachable: ${artifactUri}. it is the server's: mount it here, or start that with --serve-artifacts`,
    );
  }
  const missing = (path: string) => (cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT' && cause.code !== 'EISDIR') throw cause;
    const url = join(root, path);
    throw new MlflowError(
      { status: 404, code: 'RESOURCE_DOES_NOT_EXIST', message: 'no such artifact', url },
      { cause },
    );
  };
  return {
    async put(path, data) {
      const file = join(root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(`${file}.tmp`, data instanceof Blob ? data.stream() : data);
      await rename(`${file}.tmp`, file);
    },
    async get(path, into) {
      const file = join(root, path);
      if (into === undefined) return readFile(file).then((bytes) => new Uint8Array(bytes), missing(path));
      await copyFile(file, `${into}.tmp`).catch(missing(path));
      await rename(`${into}.tmp`, into);
      return new Uint8Array();
    },
    remove: (path) => rm(join(root, path), { recursive: true }).catch(missing(path)),
    async list(path) {
      const names = await readdir(join(root, path ?? '')).catch(() => []); // A file, or nothing.
      return Promise.all(
        names.map(async (name) => {
          const info = await stat(join(root, path ?? '', name));
          const isDir = info.isDirectory();
          return { path: path ? `${path}/${name}` : name, isDir, fileSize: isDir ? undefined : info.size };
        }),
      );
    },
  };
}

function folderOf(uri: string): string | undefined {
  if (uri.startsWith('file:')) return fileURLToPath(new URL(uri));
  return uri.startsWith('/') ? uri : undefined;
}

function isHere(trackingUri: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(trackingUri).hostname);
}
