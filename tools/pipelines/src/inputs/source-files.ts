import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files under `src` that no stage's result depends on, as globs: for Nx, for .dvcignore, and for `isSource`. */
export const notSource = ['**/*.test.ts', '**/*.bench.ts', '**/testdata/**'];

const excluded = /\.(test|bench)\.ts$|(^|\/)testdata\//;

/** The source files of a package, tests excluded, sorted, relative to the root. */
function sourceFiles(root: string, packageDir: string): string[] {
  const src = join(root, packageDir, 'src');
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(src.length + 1))
    .filter((path) => !excluded.test(path))
    .sort()
    .map((path) => `${packageDir}/src/${path}`);
}

/** sha256 (hex) over the names and contents of a package's source files. */
export function hashSources(root: string, packageDir: string): string {
  const hash = createHash('sha256');
  for (const path of sourceFiles(root, packageDir)) {
    const content = createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex');
    hash.update(`${path}\0${content}\n`);
  }
  return hash.digest('hex');
}
