import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderOf } from './unpack.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'unpack-'));
  mkdirSync(join(dir, 'images/cat'), { recursive: true });
  writeFileSync(join(dir, 'images/cat/0.jpg'), 'a file');
});
afterEach(() => rmSync(dir, { recursive: true }));

/** An archive of `members` of the folder. */
function pack(name: string, ...members: string[]): string {
  execFileSync('tar', ['czf', join(dir, name), '-C', dir, ...members]);
  return join(dir, name);
}

describe('folderOf', () => {
  it('unpacks an archive once, without the folder alone at its top', async () => {
    const archive = pack('images.tar.gz', 'images');
    const folder = await folderOf(archive, join(dir, 'work'));
    expect(readFileSync(join(folder, 'cat/0.jpg'), 'utf8')).toBe('a file');
    writeFileSync(join(folder, 'mark'), '');
    expect(existsSync(join(await folderOf(archive, join(dir, 'work')), 'mark'))).toBe(true);
  });

  it('leaves a folder as it is', async () => {
    expect(await folderOf(join(dir, 'images'), join(dir, 'work'))).toBe(join(dir, 'images'));
  });

  it('says what is missing or broken, and leaves nothing half unpacked', async () => {
    await expect(folderOf('/nowhere/a.tar.gz', dir)).rejects.toThrow(/^missing archive: \/nowhere\/a\.tar\.gz\./);
    const archive = pack('images.tar.gz', 'images');
    truncateSync(archive, 60);
    await expect(folderOf(archive, join(dir, 'work'))).rejects.toThrow(
      /^broken archive: .*images\.tar\.gz: .*fetch it again$/,
    );
    expect(existsSync(join(dir, 'work/unpacked'))).toBe(false);
  });
});
