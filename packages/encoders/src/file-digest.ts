import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Hash of a file's bytes, or of the names and bytes of a folder's files. */
export function fileDigest(path: string): string {
  const hash = createHash('sha256');
  if (!statSync(path).isDirectory()) hash.update(readFileSync(path));
  else for (const file of filesOf(path).sort()) hash.update(`${relative(path, file)}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
