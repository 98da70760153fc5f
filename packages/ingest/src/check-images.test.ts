import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectRows } from './collect-rows.ts';
import { readImageFolder } from './folder.ts';

let folder: string;
let jpeg: Buffer;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'check-'));
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * i) % 251);
  jpeg = await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
    .jpeg()
    .toBuffer();
  for (const name of ['a', 'b']) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (path: string, bytes: Uint8Array | string = jpeg) => writeFileSync(join(folder, path), bytes);
const cut = () => jpeg.subarray(0, 0.97 * jpeg.length);
const read = (size: number | null, maxSkipped = 0) =>
  readImageFolder({ folder, size, testFraction: 0.25, seed: 1, concurrency: 3, maxSkipped });

describe.each([8, null])('images that cannot be decoded, with size %s', (size) => {
  it('are found before the first row, one by its name', async () => {
    for (let i = 0; i < 6; i++) put(`a/${i}.jpg`);
    for (let i = 0; i < 6; i++) put(`b/${i}.jpg`);
    put('b/4.jpg', cut());
    await expect(read(size)).rejects.toThrow(
      `undecodable image: ${folder}/b/4.jpg. truncated JPEG: premature end of JPEG image. remove or replace it, or let ingest.datasets[].maxSkipped`,
    );
  });

  it('are told all at once, ten by name, and whatever is wrong with them', async () => {
    for (let i = 0; i < 9; i++) put(`a/${i}.jpg`, i < 8 ? cut() : jpeg);
    for (let i = 0; i < 9; i++) put(`b/${i}.jpg`);
    put('b/0.jpg', '');
    rmSync(join(folder, 'b/1.jpg'));
    symlinkSync('/nowhere', join(folder, 'b/1.jpg'));
    put('b/2.jpg', '<html>404</html>');
    put('b/3.jpg', 'version https://git-lfs.github.com/spec/v1\n');
    const message = await read(size).catch((error: Error) => error.message);
    const lines = String(message).split('\n');
    expect(lines[0]).toMatch(/^undecodable images: 12 of 18 in .*\. remove or replace them, or let/);
    expect(lines).toHaveLength(12);
    expect(lines[9]).toBe(`  ${folder}/b/0.jpg: an empty file, 0 bytes`);
    expect(lines[10]).toBe(`  ${folder}/b/1.jpg: a link to /nowhere, which does not exist`);
    expect(lines[11]).toBe('  and 2 more');
  });

  it('are left out up to a share, and the rest is split as if they were not there', async () => {
    for (let i = 0; i < 10; i++) put(`a/${i}.jpg`);
    for (let i = 0; i < 10; i++) put(`b/${i}.jpg`);
    const before = await read(size);
    put('b/5x.jpg', cut());
    put('a/1x.png', 'nothing');
    await expect(read(size, 0.09)).rejects.toThrow(
      /^undecodable images: 2 of 22 .* more than .*maxSkipped = 0\.09 allows/,
    );
    const after = await read(size, 0.1);
    expect(after.skipped).toEqual([
      { path: 'a/1x.png', reason: 'a text file, not an image: it begins with "nothing"' },
      { path: 'b/5x.jpg', reason: 'truncated JPEG: premature end of JPEG image' },
    ]);
    expect([after.train.count, after.test.count]).toEqual([before.train.count, before.test.count]);
    expect(await collectRows<unknown>(after.train)).toEqual(await collectRows<unknown>(before.train));
  });

  it('do not empty a class', async () => {
    for (let i = 0; i < 10; i++) put(`a/${i}.jpg`);
    put('b/0.jpg', cut());
    await expect(read(size, 0.5)).rejects.toThrow(
      /^no images left: none of b can be decoded, for example .*b\/0\.jpg\. /,
    );
  });

  it('are told where a file changes after it was checked', async () => {
    for (let i = 0; i < 4; i++) put(`a/${i}.jpg`);
    for (let i = 0; i < 4; i++) put(`b/${i}.jpg`);
    const { train, test } = await read(size);
    for (const name of ['a', 'b']) for (let i = 0; i < 4; i++) utimesSync(join(folder, name, `${i}.jpg`), 1, 2);
    const all = Promise.all([collectRows<unknown>(train), collectRows<unknown>(test)]);
    await expect(all).rejects.toThrow(/^changed image: .*\.jpg was written to since it was checked/);
  });
});
