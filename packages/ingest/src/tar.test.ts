import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTar } from './tar.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tar-'));
  mkdirSync(join(dir, 'a/empty'), { recursive: true });
  writeFileSync(
    join(dir, 'a/one.bin'),
    Uint8Array.from({ length: 1000 }, (_, i) => i % 256),
  );
  writeFileSync(join(dir, 'a/two.txt'), 'two');
  writeFileSync(join(dir, 'a/none'), '');
});
afterEach(() => rmSync(dir, { recursive: true }));

const pack = (...options: string[]): Buffer => execFileSync('tar', ['cf', '-', ...options, '-C', dir, 'a']);
/** Where the content of a/one.bin starts. */
const contentAt = (bytes: Buffer) => 512 * Math.floor(bytes.indexOf('a/one.bin') / 512) + 512;

describe('readTar', () => {
  it.each(['ustar', 'gnu', 'v7', 'pax'])('reads what tar writes (%s)', (format) => {
    const files = readTar(pack(`--format=${format}`), 'a.tar');
    expect([...files.keys()].sort()).toEqual(['a/none', 'a/one.bin', 'a/two.txt']);
    expect(files.get('a/one.bin')).toEqual(Buffer.from(Uint8Array.from({ length: 1000 }, (_, i) => i % 256)));
    expect(Buffer.from(files.get('a/two.txt')!).toString()).toBe('two');
    expect(files.get('a/none')).toHaveLength(0);
  });

  it('joins the two parts of a long name', () => {
    const folder = join('a', 'f'.repeat(90));
    mkdirSync(join(dir, folder));
    writeFileSync(join(dir, folder, 'long.txt'), 'x');
    expect([...readTar(pack('--format=ustar'), 'a.tar').keys()]).toContain(`${folder}/long.txt`);
  });

  it('says where an archive is cut off', () => {
    const bytes = pack('--format=ustar');
    const cut = contentAt(bytes) + 300;
    expect(() => readTar(bytes.subarray(0, cut), 'a.tar')).toThrow(
      new UserError('truncated tar archive: a.tar, a/one.bin has 300 of 1000 bytes. fetch it again'),
    );
    expect(() => readTar(bytes.subarray(0, 100), 'a.tar')).toThrow(
      new UserError('truncated tar archive: a.tar, ends within a header. fetch it again'),
    );
  });

  it('refuses what is no header', () => {
    const bytes = pack('--format=ustar');
    bytes[contentAt(bytes) - 400]! ^= 1;
    expect(() => readTar(bytes, 'a.tar')).toThrow(
      /^invalid tar archive: a\.tar has no header at byte \d+\. fetch it again$/,
    );
    expect(() => readTar(Buffer.alloc(600, 'x'), 'b.tar')).toThrow(
      /^invalid tar archive: b\.tar has no header at byte 0\./,
    );
  });
});
