import { createHash } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { writeFileAtomic } from '@simclr/stage';
import { listTree, type TreeEntry, unreadable } from './file-tree.ts';

/** A file or folder, by content. */
export interface TreeDigest {
  /** sha256 (hex) over the sorted names below the root and what is there: the same wherever it lies, whatever its times. */
  digest: string;
  /** Name below the root (bytes, one a character) → sha256 of the file there, or the kind of what is no file. */
  contents: Map<string, string>;
}

interface Known {
  stamp: string;
  hash: string;
}

// Of a file that changed this shortly ago, a second change may leave size and times as they are: clocks are coarse.
const RACY_NS = 2_000_000_000n;
const isHash = /^[0-9a-f]{64}$/;
const AT_A_TIME = 16;
const PIECE = 1 << 20;

/**
 * Digest of all that is at `root`. Only files whose size, times or inode differ from those in `memory`, a file that this
 * writes, are read.
 *
 * @param memory remembers contents by size, times and inode; where it is damaged or gone, all files are read again
 * @param tell is told after each file how many of how many are done
 */
export async function digestTree(
  root: string,
  memory: string,
  tell: (done: number, total: number) => void = () => {},
): Promise<TreeDigest> {
  const known = readMemory(memory);
  const started = BigInt(Date.now()) * 1_000_000n;
  const entries = listTree(root);
  const contents = new Map<string, string>();
  const remembered: [name: string, stamp: string, hash: string][] = [];
  let changed = false;
  const read = async (entry: TreeEntry) => {
    const stamp = stampOf(entry);
    const old = known.get(entry.name);
    const hash = old?.stamp === stamp ? old.hash : await hashFile(entry);
    contents.set(entry.name, hash);
    const settled = entry.stat!.ctimeNs < started - RACY_NS;
    if (settled && isHash.test(hash)) remembered.push([entry.name, stamp, hash]);
    changed ||= old?.stamp !== stamp;
  };
  // In order, so that a disk that has to move goes one way.
  const files = entries.filter(({ stat, kind }) => stat && kind === 'file');
  const queue = files.values();
  const worker = async () => {
    for (const entry of queue) {
      await read(entry);
      tell(contents.size, files.length);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  if (changed || remembered.length !== known.size) writeFileAtomic(memory, JSON.stringify(remembered));
  const digest = createHash('sha256');
  const sorted = new Map<string, string>();
  for (const { name, kind } of entries) {
    const content = contents.get(name) ?? kind;
    sorted.set(name, content);
    digest.update(`${name}\0${content}\n`, 'latin1');
  }
  return { digest: digest.digest('hex'), contents: sorted };
}

// The time of the last change of the inode is in it: no program can set that back.
const stampOf = ({ stat }: TreeEntry) => `${stat!.size} ${stat!.mtimeNs} ${stat!.ctimeNs} ${stat!.ino}`;

function readMemory(memory: string): Map<string, Known> {
  try {
    const read = JSON.parse(readFileSync(memory, 'utf8')) as [string, string, string][];
    return new Map(read.map(([name, stamp, hash]) => [name, { stamp, hash }]));
  } catch {
    return new Map();
  }
}

/** sha256 (hex) of a file, or in words why it cannot be read. */
async function hashFile({ path }: TreeEntry): Promise<string> {
  let file: FileHandle | undefined;
  try {
    // Where a pipe has come in the file's place, opening does not wait for its other end.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) return 'no file any more';
    const hash = createHash('sha256');
    const piece = Buffer.allocUnsafe(Math.min(PIECE, stat.size + 1));
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(piece.subarray(0, bytesRead));
    }
  } catch (error) {
    return unreadable(error);
  } finally {
    await file?.close();
  }
}
