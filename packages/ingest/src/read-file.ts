import { closeSync, constants, openSync, readSync, type Stats } from 'node:fs';
import { lstat, open, readlink, stat } from 'node:fs/promises';
import { nameOf } from './archive/member.ts';
import type { Part } from './found-file.ts';

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

/** Reads a part of a file of our own, which nobody else writes to. */
function readPart(path: Path, { offset, length }: Part): WholeFile {
  if (length > MAX_BYTES) throw new Error(tooLarge(length));
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(length);
    if (readSync(file, bytes, 0, length, offset) < length) throw new Error('it was cut while it was read');
    return { bytes, stamp: { bytes: length, mtimeMs: 0 } };
  } finally {
    closeSync(file);
  }
}

/** Bytes of the largest file that is read: an Arrow column holds no more in one value. */
const MAX_BYTES = 2 ** 31 - 1;

/** Reads an image, or that part of a file which it is. @throws as `readWhole` */
export const readImageFile = async ({ path, part }: { path: Path; part?: Part | undefined }): Promise<WholeFile> =>
  part ? readPart(path, part) : readWhole(path);

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

const tooLarge = (bytes: number) => `too large: ${bytes} bytes. at most 2 GiB are read`;

function requireFile(found: Stats): void {
  const kind = kindOf(found);
  if (kind) throw new Error(`${kind}, not a file`);
  if (found.size > MAX_BYTES) throw new Error(tooLarge(found.size));
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
