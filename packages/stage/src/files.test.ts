import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishFolder, writeFileAtomic } from './files.ts';
import { writeManifest } from './manifest.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stage-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('writeFileAtomic', () => {
  it('makes folders, replaces content and leaves nothing else', () => {
    const path = join(dir, 'a/b.txt');
    writeFileAtomic(path, 'one');
    writeFileAtomic(path, new Uint8Array([50]));
    expect(readFileSync(path, 'utf8')).toBe('2');
    expect(readdirSync(join(dir, 'a'))).toEqual(['b.txt']);
  });

  it('writes parts one after another', () => {
    const path = join(dir, 'parts');
    writeFileAtomic(path, [Buffer.from('one'), new Uint8Array(0), Buffer.from(' two')]);
    expect(readFileSync(path, 'utf8')).toBe('one two');
    writeFileAtomic(path, []);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('leaves nothing behind when the rename fails', () => {
    mkdirSync(join(dir, 'taken/inside'), { recursive: true });
    expect(() => writeFileAtomic(join(dir, 'taken'), 'x')).toThrow();
    expect(readdirSync(dir)).toEqual(['taken']);
  });
});

describe('publishFolder', () => {
  it('replaces the whole folder', () => {
    for (const name of ['old', 'new']) {
      mkdirSync(join(dir, 'work'));
      writeFileSync(join(dir, 'work', name), '');
      publishFolder(join(dir, 'work'), join(dir, 'data'));
    }
    expect(readdirSync(join(dir, 'data'))).toEqual(['new']);
    expect(existsSync(join(dir, 'work'))).toBe(false);
    expect(readdirSync(dir)).toEqual(['data']);
  });
});

describe('manifest', () => {
  it('lists every file, does not depend on itself, and changes with content and names', () => {
    mkdirSync(join(dir, 'sub'));
    writeFileSync(join(dir, 'sub/x'), 'abc');
    writeFileSync(join(dir, 'y'), '');
    const first = writeManifest(dir);
    expect(first.files).toEqual([
      // sha256sum of "abc" (FIPS 180-2 example) and of the empty string
      { path: 'sub/x', bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
      { path: 'y', bytes: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    ]);
    expect(writeManifest(dir)).toEqual(first);
    expect(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'))).toEqual(first);
    writeFileSync(join(dir, 'y'), '1');
    expect(writeManifest(dir).digest).not.toBe(first.digest);
  });
});
