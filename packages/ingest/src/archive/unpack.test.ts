import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { UserError } from '@simclr/stage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Unpacked, unpack } from './unpack.ts';

const python = resolve(import.meta.dirname, '../../../../.venv/bin/python');

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'unpack-'));
  if (!existsSync(python)) return;
  execFileSync(python, [join(import.meta.dirname, 'testdata/make_archives.py'), dir]);
  const tar = readFileSync(join(dir, 'plain.tar'));
  const [whole, first, second] = [tar, tar.subarray(0, 5000), tar.subarray(5000)].map((part) => zstdCompressSync(part));
  const skippable = Buffer.from('502a4d180400000061626364', 'hex');
  writeFileSync(join(dir, 'one.zst'), whole!);
  writeFileSync(join(dir, 'parts.zst'), Buffer.concat([skippable, first!, second!]));
  writeFileSync(join(dir, 'garbage.zst'), Buffer.concat([whole!, Buffer.alloc(70_000, 'garbage')]));
  writeFileSync(join(dir, 'cut.zst'), whole!.subarray(0, whole!.length / 2));
});
afterAll(() => rmSync(dir, { recursive: true }));

const open = (name: string) => unpack(join(dir, name), join(dir, 'unpacked'));
const images = ({ files }: Unpacked) => files.flatMap(({ path, kind }) => (kind.is === 'image' ? [path] : [])).sort();
const content = ({ files }: Unpacked, path: string) => {
  const { file, part } = files.find((found) => found.path === path)!;
  return readFileSync(file).subarray(part!.offset, part!.offset + part!.length);
};
const PETS = ['cat', 'dog'].flatMap((label) => [0, 1, 2, 3].map((i) => `pets/${label}/${i}.png`));

describe.skipIf(!existsSync(python))('unpack (archives made by Python: npm run setup)', () => {
  it.each([
    ...['plain.tar', 'one.gz', 'one.bz2', 'one.xz', 'one.zst', 'twice.tar.gz', 'readonly.tar'],
    ...['parts.gz', 'parts.bz2', 'parts.xz', 'parts.zst', 'zeros.gz', 'zeros.xz'],
    ...['deflated.zip', 'stored.zip', 'zip64.zip', 'windows.zip'],
  ])('reads %s, whatever it is called', async (name) => {
    const unpacked = await open(name);
    expect(images(unpacked)).toEqual(PETS);
    expect(unpacked.notes).toEqual([]);
    for (const path of PETS) expect(content(unpacked, path).at(-1)).toBe(path.at(-5)!.charCodeAt(0));
  });

  it.each([
    'garbage.gz',
    'garbage.bz2',
    'garbage.xz',
    'garbage.zst',
    'garbage.tar',
    'concatenated.tar',
    'garbage.zip',
  ])('reads %s up to its end, and says that more follows', async (name) => {
    const unpacked = await open(name);
    expect(images(unpacked)).toEqual(PETS);
    expect(unpacked.notes).toEqual([expect.stringMatching(/follows? its (compressed )?end and (are|is) not read/)]);
  });

  it('reads what macOS packs, without its own files', async () => {
    const unpacked = await open('mac.tar.gz');
    expect(unpacked.files).toHaveLength(600);
    expect(unpacked.notes).toEqual([]);
  });

  it('keeps long names, and names of any bytes apart', async () => {
    const long = `${'p'.repeat(120)}/${'q'.repeat(240)}`;
    for (const name of ['long-gnu.tar', 'long-pax.tar'])
      expect(images(await open(name))).toEqual(PETS.map((path) => path.replace('pets', long)));
    expect(images(await open('ustar.tar'))[0]).toBe(`${'d'.repeat(60)}/${'e'.repeat(60)}/cat/0.png`);
    expect(images(await open('latin1.tar'))).toEqual(['chien/0.png', 'chât/è.png', 'chât/é.png']);
    expect(images(await open('control.tar'))[0]).toBe('pets\\x0a\\x1b[31m/cat/0.png');
    expect(images(await open('control.zip'))[0]).toBe('pets/cat\\x0a\\x1b[31m/0.png');
    for (const name of ['unicode.zip', 'mac-unicode.zip'])
      expect(images(await open(name)).filter((path) => path.endsWith('0.png'))).toEqual([
        'pets/café/0.png',
        'pets/犬/0.png',
      ]);
  });

  it('takes the last of what comes twice, as tar does', async () => {
    const unpacked = await open('again.tar');
    expect(images(unpacked)).toEqual(PETS);
    expect(content(unpacked, 'pets/cat/2.png').toString('latin1')).toMatch(/again2$/);
    expect(unpacked.notes).toEqual(['8 members come more than once: the last of each is taken']);
  });

  it('follows links within the archive, of files and folders; circles, pipes and the like are no files', async () => {
    const unpacked = await open('links.tar');
    const all = images(unpacked);
    expect(all.filter((path) => path.startsWith('pets/emu/'))).toEqual([0, 1, 2, 3].map((i) => `pets/emu/${i}.png`));
    for (const [link, target] of ['7:0', '8:1', '9:2'].map((pair) => pair.split(':')))
      expect(content(unpacked, `pets/dog/${link}.png`)).toEqual(content(unpacked, `pets/cat/${target}.png`));
    const odd = unpacked.files.filter(({ kind }) => kind.is === 'odd').map(({ path }) => path);
    expect(odd.filter((path) => !/^alias|emu/.test(path)).sort()).toEqual([
      'pets/a',
      'pets/b',
      'pets/cat/pipe.png',
      'pets/self',
    ]);
  });

  it.each([
    ['up.tar', /^unsafe archive: .*up\.tar: "\.\.\/evil\.png" lies outside/],
    ['absolute.tar', /^unsafe archive: .*: "\/tmp\/evil\.png" lies outside/],
    ['up.zip', /^unsafe archive: .*: "\.\.\/\.\.\/evil\.png" lies outside/],
    ['link-out.tar', /^links out of the archive: .*: pets\/dog\/8\.png leads to \.\.\/\.\.\/\.\.\/etc\/passwd\./],
    ['link-absolute.tar', /^links out of the archive: .*: pets\/dog\/8\.png leads to \/etc\/passwd\./],
    ['link-nowhere.tar', /^links to nothing: .*: pets\/dog\/8\.png leads to pets\/dog\/none\.png\./],
    [
      'cut.gz',
      /^truncated archive: .*cut\.gz ends too soon at pets\/cat\/\d\.png, after \d members: .*\. fetch it again$/,
    ],
    ['cut.bz2', /^truncated archive: .*cut\.bz2 ends too soon after 0 members/],
    ['cut.xz', /^truncated archive: .*cut\.xz ends too soon/],
    ['cut.zst', /^truncated archive: .*cut\.zst ends too soon/],
    ['cut.tar', /^truncated archive: .*cut\.tar ends too soon at pets\/\w+\/\d\.png, after \d members: /],
    ['cut.zip', /^truncated archive: .*cut\.zip ends too soon after 0 members: its directory/],
    ['flipped.tar.gz', /^broken archive: .*flipped\.tar\.gz (at \S+, )?after \d members: .*fetch it again$/],
    [
      'checksum.zip',
      /^broken archive: .*: pets\/cat\/0\.png is damaged: its checksum does not match\. fetch it again$/,
    ],
    [
      'bzip2.zip',
      /^unread archive: .*: pets\/cat\/0\.png is compressed by method 12, which is not read\. pack it again/,
    ],
    ['encrypted.zip', /^unread archive: .*: pets\/cat\/0\.png is encrypted\. unpack it with its password/],
  ])('says what is wrong with %s, and leaves nothing', async (name, words) => {
    const error = await open(name).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(words);
    expect(error.message).not.toContain('\n');
    expect(readdirSync(dir)).not.toContain('unpacked');
  });

  it('stops before the disk is full', async () => {
    // A header of a huge file, as a bomb begins.
    const header = readFileSync(join(dir, 'endless.tar'));
    header.fill(0, 124, 136);
    header[124] = 0x80; // GNU's binary size: 4 PiB.
    header.writeBigUInt64BE(2n ** 52n, 128);
    header.write('        ', 148);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    writeFileSync(join(dir, 'bomb.tar'), Buffer.concat([header, Buffer.alloc(4096, 1)]));
    await expect(open('bomb.tar')).rejects.toThrow(/^too large: .*bomb\.tar unpacks to more than the [\d.]+ GiB/);
  });

  it('is refused where the archive was put in the place of another while it was read, and leaves nothing', async () => {
    const [at, other] = ['at.tar', 'other.tar'].map((name) => join(dir, name)) as [string, string];
    for (const path of [at, other]) writeFileSync(path, readFileSync(join(dir, 'plain.tar')));
    const replaced = unpack(at, join(dir, 'unpacked'), {
      onProgress: () => existsSync(other) && renameSync(other, at),
    });
    await expect(replaced).rejects.toThrow(/^changed archive: .*at\.tar was written to while it was read\./);
    expect(existsSync(join(dir, 'unpacked'))).toBe(false);
  });

  it('stops when it is told to', async () => {
    const stopped = unpack(join(dir, 'one.gz'), join(dir, 'unpacked'), { signal: AbortSignal.abort() });
    await expect(stopped).rejects.toHaveProperty('name', 'AbortError');
    expect(readdirSync(dir)).not.toContain('unpacked');
  });
});

describe('what is no archive', () => {
  it.each([
    ['<!DOCTYPE html><html>quota exceeded</html>', 'an HTML page (download it again)'],
    ['\ufeff<html>', 'an HTML page (download it again)'],
    ['<?xml version="1.0"?><Error/>', 'an XML document (download it again)'],
    ['version https://git-lfs.github.com/spec/v1\noid', 'a Git LFS pointer (git lfs pull fetches the file)'],
    ['{"error": "quota"}\n', 'text: "{\\"error\\": \\"quota\\"}"'],
    ['', 'empty'],
    ['\0'.repeat(10_240), 'nothing but zeros, as an empty tar is'],
    ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive (unpack it)'],
    ['\xff\xd8\xff\xe0', 'an image'],
  ])('is called what it is: %#', async (bytes, what) => {
    const path = join(dir, 'a.tar.gz');
    writeFileSync(path, bytes.charCodeAt(0) > 0xff ? bytes : Buffer.from(bytes, 'latin1'));
    await expect(unpack(path, join(dir, 'unpacked'))).rejects.toThrow(
      `not an archive: ${path} is ${what}. expected a folder, or a tar (also of gzip, bzip2, xz or zstd) or zip archive of one`,
    );
  });
});
