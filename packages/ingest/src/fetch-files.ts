import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interrupted, UserError, writeFileAtomic } from '@simclr/stage';
import type { ArchiveFile, Source } from './dataset.ts';
import { debianFiles, restoreGzipHeader, wheelFile } from './sources/packages.ts';
import { checksumOf, download } from './sources/web.ts';

export interface FetchOptions {
  /** Folders of archives that the user has, looked into before any source. */
  folders: string[];
  /** Folder of verified files from earlier runs. */
  cache: string;
  /** Interpreter for `wheel` sources. */
  python: string;
  /** Folder for what is only needed meanwhile, and stays there where we are killed; default: the system's. */
  work?: string;
  info: (message: string) => void;
  signal?: AbortSignal;
}

/** Verified bytes of a dataset's files, in order. Sources are tried in order, and the one used is told. */
export async function fetchFiles(files: readonly ArchiveFile[], options: FetchOptions): Promise<Uint8Array[]> {
  const work = options.work ?? tmpdir();
  const debian = new Map<string, Promise<Map<string, Uint8Array>>>();
  const fromDebian = (name: string) => {
    const paths = files.flatMap((file) =>
      file.sources.flatMap((source) => (source.kind === 'debian' && source.package === name ? [source.path] : [])),
    );
    const fetched =
      debian.get(name) ??
      debianFiles(name, paths, work).then((contents) => new Map(paths.map((path, i) => [path, contents[i]!])));
    debian.set(name, fetched);
    return fetched;
  };
  const get = async (file: ArchiveFile, source: Source): Promise<Uint8Array> => {
    if (source.kind === 'web') return download(source.url, join(options.cache, file.name), { signal: options.signal });
    if (source.kind === 'wheel') return wheelFile(options.python, source.requirement, source.path, work);
    return restoreGzipHeader((await fromDebian(source.package)).get(source.path)!, source.gzipHeader);
  };
  const failed = new Map<string, string>();
  const result: Uint8Array[] = [];
  for (const file of files) result.push(await fetchFile(file, options, get, failed));
  return result;
}

const originOf = (source: Source): string =>
  ({
    web: () => new URL((source as { url: string }).url).host,
    debian: () => `debian package ${(source as { package: string }).package}`,
    wheel: () => `wheel ${(source as { requirement: string }).requirement}`,
  })[source.kind]();

async function fetchFile(
  file: ArchiveFile,
  { folders, cache, info, signal }: FetchOptions,
  get: (file: ArchiveFile, source: Source) => Promise<Uint8Array>,
  failed: Map<string, string>,
): Promise<Uint8Array> {
  const { name, checksum } = file;
  const cached = join(cache, `${checksum.hex.slice(0, 16)}-${name}`);
  if (existsSync(cached)) {
    const bytes = readFileSync(cached);
    if (checksumOf(bytes, checksum.algorithm) === checksum.hex) {
      info(`${name}: from ${cache}`);
      return bytes;
    }
    info(`${name}: damaged in ${cache}, fetched again`);
    rmSync(cached);
  }
  for (const folder of folders) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    // A file that the user points to is meant: a wrong one is an error, not a reason to look elsewhere.
    const bytes = readFileSync(path);
    verify(bytes, file, path);
    info(`${name}: from ${path}`);
    return bytes;
  }
  const reasons = folders.map((folder) => `${folder}: not there`);
  for (const source of file.sources) {
    const origin = originOf(source);
    const before = failed.get(origin);
    if (before !== undefined) {
      // A host that did not answer for one file will not for the next.
      reasons.push(`${origin}: ${before}`);
      continue;
    }
    try {
      const bytes = await get(file, source);
      verify(bytes, file, origin);
      writeFileAtomic(cached, bytes);
      info(`${name}: from ${origin}, ${checksum.algorithm} verified`);
      return bytes;
    } catch (error) {
      if (signal?.aborted) throw new Interrupted();
      const why = (error as Error).message.split('\n')[0]!;
      failed.set(origin, why);
      reasons.push(`${origin}: ${why}`);
      info(`${name}: not from ${origin}: ${why}`);
    }
  }
  throw new UserError(
    `missing archive: ${name}. tried ${reasons.join('; ') || 'no source'}. put it into a folder and set SIMCLR_ARCHIVES=<folder>`,
  );
}

function verify(bytes: Uint8Array, { name, checksum }: ArchiveFile, where: string): void {
  const found = checksumOf(bytes, checksum.algorithm);
  if (found !== checksum.hex)
    throw new UserError(
      `wrong checksum: ${name} (${where}, ${bytes.length} bytes) has ${checksum.algorithm} ${found}. expected ${checksum.hex}. fetch it again`,
    );
}
