import { constants, type Stats } from 'node:fs';
import { lstat, open, readlink, stat } from 'node:fs/promises';
import { nameOf } from './archive/member.ts';

/** A file's state when it was read. */
export interface Stamp {
  bytes: number;
  mtimeMs: number;
}

export interface WholeFile {
  bytes: Uint8Array;
  stamp: Stamp;
}

type Path = string | Buffer;

/** Bytes of the largest file that is read: an Arrow column holds no more in one value. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Reads a file, or what a link leads to. Whatever else has a name is not opened: a pipe would never end.
 * @throws Error that says in words why it cannot be read
 */
export async function readWhole(path: Path): Promise<WholeFile> {
  try {
    requireFile(await stat(path));
    // Should a pipe have come in its place since, opening it does not wait for a writer.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const before = await file.stat();
    requireFile(before);
    const bytes = await file.readFile();
    const after = await file.stat();
    if (after.mtimeMs !== before.mtimeMs || bytes.length !== after.size)
      throw new Error('it changed while it was read');
    return { bytes, stamp: { bytes: bytes.length, mtimeMs: after.mtimeMs } };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Error(await failureInWords(path, code, message));
  }
}

function requireFile(found: Stats): void {
  const kind = kindOf(found);
  if (kind) throw new Error(`${kind}, not a file`);
  if (found.size > MAX_BYTES) throw new Error(`too large: ${found.size} bytes. at most 2 GiB are read`);
}

function kindOf(found: Stats): string | undefined {
  if (found.isFile()) return undefined;
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

async function failureInWords(path: Path, code: string, message: string): Promise<string> {
  if (code === 'ELOOP') return 'a link that leads back to itself';
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  if (code !== 'ENOENT') return `cannot be read: ${message}`;
  const link = await lstat(path).catch(() => undefined);
  if (!link?.isSymbolicLink()) return 'it is gone: it was removed meanwhile';
  return `a link to ${nameOf(await readlink(path, 'buffer'))}, which does not exist`;
}
