import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readLockFile } from './lock-file.mjs';

interface LockFile {
  packages: Record<string, object>;
}

const text = readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8');

/** What the lock file with another package asks for. */
function readWith(packages: LockFile['packages']) {
  const lock = JSON.parse(text) as LockFile;
  return readLockFile(JSON.stringify({ ...lock, packages: { ...lock.packages, ...packages } }));
}

it('asks for a link, and for nothing to fetch, where a package of ours came', () => {
  const before = readLockFile(text);
  expect(before.links).toContain('node_modules/@simclr/stage');
  const after = readWith({
    'node_modules/@simclr/one': { resolved: 'packages/one', link: true },
    'packages/one': { name: '@simclr/one', version: '0.1.0' },
  });
  expect(after.fetched).toBe(before.fetched);
  expect(after.links.filter((link) => !before.links.includes(link))).toEqual(['node_modules/@simclr/one']);
});

it.each(['node_modules/one', 'tools/pipelines/node_modules/one'])('asks for another to fetch: %s', (path) => {
  const after = readWith({ [path]: { version: '1.0.0' } });
  expect(after.fetched).not.toBe(readLockFile(text).fetched);
  expect(after.links).toEqual(readLockFile(text).links);
});
