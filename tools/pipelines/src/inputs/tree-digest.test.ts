import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestTree } from './tree-digest.ts';

let root: string;
let photos: string;
const memory = () => join(root, 'memory.json');
const digest = async (folder = photos) => (await digestTree(folder, memory())).digest;
const contents = async (folder = photos) => Object.fromEntries((await digestTree(folder, memory())).contents);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tree-'));
  photos = join(root, 'photos');
  mkdirSync(join(photos, 'cat'), { recursive: true });
  mkdirSync(join(photos, 'dog'));
  writeFileSync(join(photos, 'cat/1.png'), 'one');
  writeFileSync(join(photos, 'dog/2.png'), 'two');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('digestTree', () => {
  it('depends on names and contents, not on place, times or what is hidden', async () => {
    const before = await digest();
    cpSync(photos, join(root, 'copy'), { recursive: true });
    writeFileSync(join(root, 'copy/.DS_Store'), 'hidden');
    utimesSync(join(root, 'copy/cat/1.png'), 1, 1);
    expect(await digest(join(root, 'copy'))).toBe(before);
  });

  it('tells how far it is', async () => {
    const told: number[][] = [];
    await digestTree(photos, memory(), (...count) => told.push(count));
    expect(told).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });

  it.each<[string, () => void]>([
    ['an edited file of the same size', () => writeFileSync(join(photos, 'cat/1.png'), 'ONE')],
    ['a file more', () => writeFileSync(join(photos, 'cat/3.png'), 'one')],
    ['a file less', () => rmSync(join(photos, 'cat/1.png'))],
    ['a renamed file', () => execFileSync('mv', [join(photos, 'cat/1.png'), join(photos, 'cat/9.png')])],
    ['a renamed folder', () => execFileSync('mv', [join(photos, 'cat'), join(photos, 'fox')])],
    ['an empty folder', () => mkdirSync(join(photos, 'empty'))],
    [
      'two files exchanged',
      () => execFileSync('sh', ['-c', 'mv cat/1.png x; mv dog/2.png cat/1.png; mv x dog/2.png'], { cwd: photos }),
    ],
  ])('sees %s', async (_, change) => {
    const before = await digest();
    change();
    expect(await digest()).not.toBe(before);
  });

  it('sees an edit that sets size and times back, also right after it looked', async () => {
    const path = join(photos, 'cat/1.png');
    utimesSync(path, 1, 1);
    const digests = new Set([await digest()]);
    for (const text of ['two', 'ten', 'six']) {
      writeFileSync(path, text);
      utimesSync(path, 1, 1);
      digests.add(await digest());
    }
    expect(digests.size).toBe(4);
  });

  it('remembers contents once they are a while old, and reads all again where the memory is damaged', async () => {
    const before = await digest();
    expect(JSON.parse(readFileSync(memory(), 'utf8'))).toEqual([]);
    await sleep(2100);
    await digest();
    const remembered = JSON.parse(readFileSync(memory(), 'utf8')) as [string, string, string][];
    expect(remembered.map(([name]) => name).sort()).toEqual(['cat/1.png', 'dog/2.png']);
    // It is believed: this is where a file is not read.
    writeFileSync(memory(), JSON.stringify(remembered.map(([name, stamp]) => [name, stamp, '0'.repeat(64)])));
    expect(await digest()).not.toBe(before);
    for (const damaged of ['', '[', '{}', '[1]', '[["cat/1.png"]]', 'null', '[[1,2,3]]']) {
      writeFileSync(memory(), damaged);
      expect([damaged, await digest()]).toEqual([damaged, before]);
    }
  });

  it('lists what is no file by its kind, and ends: links, loops, pipes, names that are no text', async () => {
    writeFileSync(join(root, 'elsewhere.png'), 'elsewhere');
    symlinkSync(join(root, 'elsewhere.png'), join(photos, 'cat/link.png'));
    symlinkSync('nowhere', join(photos, 'cat/broken.png'));
    symlinkSync('..', join(photos, 'cat/up'));
    symlinkSync('self', join(photos, 'self'));
    execFileSync('mkfifo', [join(photos, 'pipe.png')]);
    writeFileSync(Buffer.concat([Buffer.from(`${photos}/`), Buffer.from([0xff, 0xfe])]), 'name');
    mkdirSync(join(photos, 'x.jpg'));
    expect(await contents()).toMatchObject({
      'cat/broken.png': 'broken link',
      'cat/link.png': expect.stringMatching(/^[0-9a-f]{64}$/),
      'cat/up': 'folder again: ',
      self: 'unreadable: ELOOP',
      'pipe.png': 'fifo',
      'x.jpg': 'folder',
      '\xff\xfe': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const before = await digest();
    writeFileSync(join(root, 'elsewhere.png'), 'ELSEWHERE');
    expect(await digest()).not.toBe(before);
  });

  it('takes a file, a link to a folder, and nothing at all', async () => {
    const file = join(root, 'a.tar');
    writeFileSync(file, 'archive');
    expect(Object.keys(await contents(file))).toEqual(['']);
    symlinkSync(photos, join(root, 'link'));
    expect(await digest(join(root, 'link'))).toBe(await digest());
    expect(await contents(join(root, 'none'))).toEqual({ '': 'missing' });
  });

  it.skipIf(process.getuid?.() === 0)('takes what may not be read for that', async () => {
    chmodSync(join(photos, 'cat/1.png'), 0);
    chmodSync(join(photos, 'dog'), 0);
    expect(await contents()).toMatchObject({ 'cat/1.png': 'unreadable: EACCES', dog: 'unreadable: EACCES' });
    chmodSync(join(photos, 'dog'), 0o755);
  });
});
