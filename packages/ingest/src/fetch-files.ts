import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Interrupted, UserError, writeFileAtomic } from '@simclr/stage';
import type { ArchiveFile, Dataset, Source } from './dataset.ts';
import { MissingSource } from './missing-source.ts';
import { checksumOf } from './sources/checksum.ts';
import { Hosts, KnownSilent } from './sources/hosts.ts';
import { takeLock } from './sources/lock.ts';
import { debianFiles, restoreGzipHeader, wheelFile } from './sources/packages.ts';
import { type DownloadOptions, download, partOf } from './sources/web.ts';

export interface FetchOptions {
  /** Folders of archives that the user has, looked into before any source. */
  folders: string[];
  /** Folder of archives too, or of what they unpack to; looked into first. */
  from?: string | undefined;
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
type Get = (file: ArchiveFile, source: Source, to: string, answers: () => void) => Promise<string>;

const algorithmOf = ({ checksum }: ArchiveFile): string => checksum?.algorithm ?? 'sha256';

/** Paths of a dataset's files, verified, by their names. All are fetched at once, each from its sources in order; the one used is told. */
export async function fetchFiles(files: readonly ArchiveFile[], options: FetchOptions): Promise<Map<string, string>> {
  const work = options.work ?? tmpdir();
  if (options.from !== undefined && !isFolder(options.from))
    throw new UserError(
      `missing folder: ${options.from}. expected one of archives, or of what they unpack to (ingest.datasets[].from)`,
    );
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
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  const get: Get = async (file, source, to, answers) => {
    if (source.kind === 'web')
      return download(source.url, to, algorithmOf(file), {
        ...options.download,
        signal,
        onProgress: (bytes, total) => {
          answers();
          options.onProgress?.(file.name, bytes, total);
        },
      });
    writeFileAtomic(partOf(to), await bytesOf(source));
    return checksumOf(partOf(to), algorithmOf(file));
  };
  const alone = files.filter(({ unpacked }) => unpacked !== undefined).length === 1;
  const hosts = new Hosts();
  const results = await Promise.allSettled(
    files.map((file) =>
      fetchFile(file, { ...options, signal, alone }, get, hosts).catch((error) => {
        // The others need not go on: what they have stays for the next time.
        failed.abort();
        throw error;
      }),
    ),
  );
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  // What is damaged is told before what is missing, and that before what was interrupted by it.
  const rank = (error: unknown) => (error instanceof Interrupted ? 2 : error instanceof MissingSource ? 1 : 0);
  const [first] = errors.sort((a, b) => rank(a) - rank(b));
  if (first !== undefined) throw first;
  return new Map(files.map(({ name }, i) => [name, (results[i] as PromiseFulfilledResult<string>).value]));
}

const originOf = (source: Source): string => {
  if (source.kind === 'web') return new URL(source.url).host;
  return source.kind === 'debian' ? `debian package ${source.package}` : `wheel ${source.requirement}`;
};

/** The files of a dataset, or others that hold the same where the user has all of those. */
export function filesThere({ files, otherFiles }: Pick<Dataset, 'files' | 'otherFiles'>, folders: readonly string[]) {
  const isThere = ({ name }: ArchiveFile) => folders.some((folder) => existsSync(join(folder, name)));
  return otherFiles?.every(isThere) && !files.every(isThere) ? otherFiles : files;
}

type FetchFileOptions = FetchOptions & {
  /** No other file of the dataset can be unpacked. */
  alone: boolean;
};

/** Where a file is kept once it was fetched. */
const archivePath = (cache: string, { name, checksum }: ArchiveFile): string =>
  join(cache, `${checksum?.hex.slice(0, 16) ?? 'unpublished'}-${name}`);

/** Where a file is, verified or not, without a download. */
export const placeOf = (file: ArchiveFile, { folders, cache }: Pick<FetchOptions, 'folders' | 'cache'>) =>
  [...folders.map((folder) => join(folder, file.name)), archivePath(cache, file)].find((path) => existsSync(path));

async function fetchFile(file: ArchiveFile, options: FetchFileOptions, get: Get, hosts: Hosts): Promise<string> {
  const { cache, info, signal, from } = options;
  const folders = [...(from === undefined ? [] : [from]), ...options.folders];
  const cached = archivePath(cache, file);
  for (const folder of folders) {
    const path = join(folder, file.name);
    // A file that the user points to is meant: a wrong one is an error, not a reason to look elsewhere.
    if (existsSync(path)) return ofUser(file, path, options);
    const unpacked = folder === from ? unpackedIn(folder, file, options.alone) : undefined;
    if (unpacked !== undefined) {
      info(`${file.name}: from ${unpacked}, unpacked: no checksum tells that it is as published`);
      return unpacked;
    }
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
    try {
      const part = join(cache, file.name);
      const found = await hosts.ask(origin, (answers) => get(file, source, part, answers));
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
      reasons.push(`${origin}: ${why}`);
      if (!(error instanceof KnownSilent)) info(`${file.name}: not from ${origin}: ${why}`);
    }
  }
  throw missing(file, reasons);
}

/** Where a folder has what an archive unpacks to: in it, or itself, if it is called so or has all of the dataset. */
function unpackedIn(folder: string, { unpacked }: ArchiveFile, alone: boolean): string | undefined {
  if (unpacked === undefined) return undefined;
  const inside = join(folder, unpacked);
  if (isFolder(inside)) return inside;
  return isFolder(folder) && (alone || basename(folder) === unpacked) ? folder : undefined;
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

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
