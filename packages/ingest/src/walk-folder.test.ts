import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { walkFolder } from './walk-folder.ts';

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'walk-'));
  mkdirSync(join(dir, 'cat/more'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

const found = () => Object.fromEntries(walkFolder(dir).map(({ path, kind }) => [path, kind]));
const IMAGE = { is: 'image' };

it('tells images by their names, and by their content where names do not', () => {
  const names = ['0.JPG', '1.jfif', '2.jpe', 'more/3.tiff'];
  for (const name of names) writeFileSync(join(dir, 'cat', name), 'x');
  for (const name of ['4', '5.jpg_large', '6.bmp', '7.txt']) writeFileSync(join(dir, 'cat', name), PNG);
  writeFileSync(join(dir, 'cat/8.txt'), 'words');
  writeFileSync(join(dir, 'cat/9.pic'), Buffer.from('\0\0\0\x18ftypheic'));
  writeFileSync(join(dir, 'cat/10.pic'), Buffer.from('\0\0\0\x1cftypmif1\0\0\0\0avifmiaf'));
  const all = found();
  expect(Object.values(all).filter(({ is }) => is === 'image')).toHaveLength(9);
  expect(all['cat/10.pic']).toEqual(IMAGE);
  expect(all['cat/8.txt']).toEqual({ is: 'other' });
  expect(all['cat/9.pic']).toEqual({ is: 'foreign', format: 'HEIC' });
});

it('shows what a name has in it of control, and opens the file', () => {
  writeFileSync(join(dir, 'cat/a\n\x1b[31mb.png'), 'red');
  writeFileSync(Buffer.concat([Buffer.from(join(dir, 'cat/')), Buffer.from('\x83c.png', 'latin1')]), 'c');
  const files = walkFolder(dir).filter(({ kind }) => kind.is === 'image');
  const contents = Object.fromEntries(files.map(({ path, file }) => [path, readFileSync(file, 'utf8')]));
  expect(contents).toEqual({ 'cat/a\\x0a\\x1b[31mb.png': 'red', 'cat/\\x83c.png': 'c' });
});

it('passes over what systems leave', () => {
  for (const name of ['.DS_Store', '._0.png', 'Thumbs.db', 'desktop.ini']) writeFileSync(join(dir, 'cat', name), PNG);
  expect(found()).toEqual({ 'cat/more': { is: 'empty' } });
});

it('follows links, and neither goes in circles nor opens a pipe', () => {
  writeFileSync(join(dir, 'cat/more/0.png'), PNG);
  symlinkSync('cat', join(dir, 'dog'));
  symlinkSync('b', join(dir, 'a'));
  symlinkSync('a', join(dir, 'b'));
  symlinkSync('..', join(dir, 'cat/up'));
  symlinkSync('/nowhere', join(dir, 'cat/gone.png'));
  execFileSync('mkfifo', [join(dir, 'pipe.png')]);
  const odd = (what: string) => ({ is: 'odd', what });
  expect(found()).toEqual({
    'cat/more/0.png': IMAGE,
    'dog/more/0.png': IMAGE,
    'cat/gone.png': IMAGE,
    'dog/gone.png': IMAGE,
    'cat/up': odd('a link to a folder around it'),
    'dog/up': odd('a link to a folder around it'),
    a: odd('a broken link'),
    b: odd('a broken link'),
    'pipe.png': odd('a fifo'),
  });
});

it('keeps names that are no UTF-8 apart, as bytes', () => {
  for (const byte of [0xe9, 0xe8])
    writeFileSync(Buffer.concat([Buffer.from(`${dir}/cat/more/`), Buffer.from([byte]), Buffer.from('.png')]), PNG);
  const files = walkFolder(dir);
  expect(files.map(({ path }) => path).sort()).toEqual(['cat/more/\u00e8.png', 'cat/more/\u00e9.png']);
  expect(files.every(({ file }) => Buffer.isBuffer(file))).toBe(true);
});
