import { createHash } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from './files.ts';

/** What a stage's output folder holds. Deterministic: no times, no host, files sorted by path. */
export interface Manifest {
  /** sha256 (hex) over the sorted lines `path\0sha256\n`: equal exactly when all the files are. */
  digest: string;
  files: { path: string; bytes: number; sha256: string }[];
}

const NAME = 'manifest.json';

/** The digest (hex) of a file's content, read a mebibyte at a time. DVC's is md5. */
export function hashFile(path: string, algorithm: 'sha256' | 'md5' = 'sha256'): string {
  const hash = createHash(algorithm);
  const chunk = Buffer.allocUnsafe(1 << 20);
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const n = readSync(file, chunk);
      if (n === 0) return hash.digest('hex');
      hash.update(chunk.subarray(0, n));
    }
  } finally {
    closeSync(file);
  }
}

/** Hashes every file under `folder` and writes `manifest.json` there, last and by rename. */
export function writeManifest(folder: string): Manifest {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => path !== NAME)
    .sort();
  const files = paths.map((path) => {
    const full = join(folder, path);
    return { path, bytes: statSync(full).size, sha256: hashFile(full) };
  });
  const digest = createHash('sha256');
  for (const file of files) digest.update(`${file.path}\0${file.sha256}\n`);
  const manifest = { digest: digest.digest('hex'), files };
  writeJson(join(folder, NAME), manifest);
  return manifest;
}
