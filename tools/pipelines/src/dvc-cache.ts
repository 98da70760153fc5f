import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { publishFolder } from '@simclr/stage';
import type { LockEntry } from './dvc.ts';
import { dataDigest, readJson, receiptDigest, type TaskFolder } from './task-folder.ts';

/** DVC's cache as .dvc/config leaves it: objects by md5; a folder is a `.dir` object that lists its files. */
function object(root: string, md5: string): string {
  return join(root, '.dvc/cache/files/md5', md5.slice(0, 2), md5.slice(2));
}

/**
 * Brings a task's data back from DVC's cache if what is in place is not what the receipt says. Hard links: no copy, no
 * Python, no lock.
 *
 * @returns false where the cache does not hold it
 */
export function hydrate(root: string, folder: TaskFolder): boolean {
  const digest = receiptDigest(folder);
  if (!digest) return false;
  if (dataDigest(folder) === digest) return true;
  const md5 = readJson<LockEntry>(folder.lock)?.outs?.find((out) => out.path.endsWith('/data'))?.md5;
  if (!md5 || !existsSync(object(root, md5))) return false;
  const files = JSON.parse(readFileSync(object(root, md5), 'utf8')) as { md5: string; relpath: string }[];
  if (files.some((file) => !existsSync(object(root, file.md5)))) return false;
  const temporary = `${folder.data}.${process.pid}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  for (const file of files) {
    const target = join(temporary, file.relpath);
    mkdirSync(dirname(target), { recursive: true });
    linkOrCopy(object(root, file.md5), target);
  }
  try {
    publishFolder(temporary, folder.data);
  } catch {
    rmSync(temporary, { recursive: true, force: true }); // another task that needs it was faster
  }
  return dataDigest(folder) === digest;
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // another file system
  }
}
