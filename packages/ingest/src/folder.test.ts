import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@simclr/stage';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectRows } from './collect-rows.ts';
import { readImageFolder } from './folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (path: string, bytes: Uint8Array | string) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), bytes);
};
const raw = (width: number, height: number, channels: 1 | 3 | 4, colourOf: (x: number, y: number) => number[]) =>
  sharp(
    Buffer.from(Array.from({ length: width * height }, (_, i) => colourOf(i % width, Math.floor(i / width))).flat()),
    {
      raw: { width, height, channels },
    },
  );
const flat = (red: number, green = red, blue = red) => raw(8, 8, 3, () => [red, green, blue]).png();

const read = (options: { size?: number; testFraction?: number; concurrency?: number } = {}) =>
  readImageFolder({ folder, size: 8, testFraction: 0.5, seed: 1, concurrency: 2, ...options });
/** All images, by class. */
const pixels = async () => {
  const { train, test } = await read();
  const rows = [...(await collectRows(train)), ...(await collectRows(test))];
  return rows.sort((a, b) => a.label - b.label).map((row) => row.pixels);
};
const at = (image: Uint8Array, x: number, y: number) => [...image.subarray(3 * (8 * y + x)).subarray(0, 3)];

describe('readImageFolder', () => {
  it('takes folders as classes and their images as rows, sorted, hidden and other files left out', async () => {
    for (let i = 0; i < 6; i++) put(`zebra/${i}.png`, await flat(10 + i).toBuffer());
    for (let i = 0; i < 4; i++) put(`Ant/${i}.PNG`, await flat(100 + i).toBuffer());
    put('zebra/notes.txt', 'x');
    put('zebra/._0.png', 'x');
    put('.cache/a.png', 'x');
    put('readme.png', 'x');
    const { classes, shape, train, test } = await read({ testFraction: 0.5 });
    expect({ classes, shape, counts: [train.count, test.count] }).toEqual({
      classes: ['Ant', 'zebra'],
      shape: [8, 8, 3],
      counts: [5, 5],
    });
    const [trainRows, testRows] = [await collectRows(train), await collectRows(test)];
    expect(trainRows.map(({ label }) => label)).toEqual([0, 0, 1, 1, 1]);
    expect(testRows.map(({ label }) => label)).toEqual([0, 0, 1, 1, 1]);
    const values = [...trainRows, ...testRows].map((row) => row.pixels[0]!).sort((a, b) => a - b);
    expect(values).toEqual([10, 11, 12, 13, 14, 15, 100, 101, 102, 103]);
  });

  it('gives the same rows in the same order however many are decoded at a time', async () => {
    for (let i = 0; i < 12; i++) put(`a/${i}.png`, await flat(i).toBuffer());
    const rows = await Promise.all(
      [1, 5, 99].map(async (concurrency) => collectRows((await read({ concurrency })).train)),
    );
    expect(rows[0]).toHaveLength(6);
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[0]);
  });

  it('keeps an image in each part', async () => {
    for (let i = 0; i < 3; i++) put(`a/${i}.png`, await flat(i).toBuffer());
    expect(await read({ testFraction: 0.99 })).toMatchObject({ train: { count: 1 }, test: { count: 2 } });
    expect(await read({ testFraction: 0.01 })).toMatchObject({ train: { count: 2 }, test: { count: 1 } });
  });

  it('takes train and test as the splits they are', async () => {
    for (const [path, value] of [
      ['train/a/0.png', 1],
      ['train/a/1.png', 2],
      ['train/b/0.png', 3],
      ['test/a/0.png', 4],
      ['test/b/0.png', 5],
    ] as const)
      put(path, await flat(value).toBuffer());
    const { classes, train, test } = await read();
    const rows = async (part: typeof train) =>
      (await collectRows(part)).map(({ label, pixels: [red] }) => [label, red]);
    expect(classes).toEqual(['a', 'b']);
    expect(await rows(train)).toEqual([
      [0, 1],
      [0, 2],
      [1, 3],
    ]);
    expect(await rows(test)).toEqual([
      [0, 4],
      [1, 5],
    ]);
    put('test/c/0.png', await flat(6).toBuffer());
    await expect(read()).rejects.toThrow(
      /^classes differ: c is in .*\/test and not in .*\/train\. give both the same$/,
    );
  });

  it('follows links to folders', async () => {
    for (let i = 0; i < 2; i++) put(`a/${i}.png`, await flat(i).toBuffer());
    symlinkSync(join(folder, 'a'), join(folder, 'b'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'c'));
    expect((await read()).classes).toEqual(['a', 'b']);
  });

  it('makes grey, 16-bit and translucent images RGB of 8 bits', async () => {
    put(
      'a/grey.png',
      await raw(8, 8, 1, () => [77])
        .toColourspace('b-w')
        .png()
        .toBuffer(),
    );
    put(
      'b/alpha.png',
      await raw(8, 8, 4, () => [10, 20, 30, 128])
        .png()
        .toBuffer(),
    );
    put('c/deep.png', await flat(50, 100, 150).toColourspace('rgb16').png().toBuffer());
    put(
      'd/grey.jpg',
      await raw(8, 8, 1, () => [77])
        .toColourspace('b-w')
        .jpeg()
        .toBuffer(),
    );
    const images = await pixels();
    expect(images.map((image) => image.length)).toEqual([192, 192, 192, 192]);
    expect(images.map((image) => at(image, 3, 4))).toEqual([
      [77, 77, 77],
      [10, 20, 30],
      [50, 100, 150],
      [77, 77, 77],
    ]);
  });

  it('turns a photograph upright as its camera noted', async () => {
    // Bright left half; orientation 6: to be turned a quarter clockwise, so that left becomes top.
    const image = raw(8, 8, 3, (x) => (x < 4 ? [250, 250, 250] : [5, 5, 5]));
    put('a/0.jpg', await image.clone().withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer());
    put('b/0.jpg', await image.clone().jpeg({ quality: 100 }).toBuffer());
    const [turned, plain] = await pixels();
    const bright = (pixels: Uint8Array, x: number, y: number) => at(pixels, x, y)[0]! > 128;
    expect([bright(turned!, 0, 0), bright(turned!, 7, 0), bright(turned!, 0, 7)]).toEqual([true, true, false]);
    expect([bright(plain!, 0, 0), bright(plain!, 7, 0), bright(plain!, 0, 7)]).toEqual([true, false, true]);
  });

  it('cuts out the centre of what is not square, and enlarges what is small', async () => {
    put(
      'a/wide.png',
      await raw(24, 8, 3, (x) => (x >= 8 && x < 16 ? [9, 9, 9] : [200, 200, 200]))
        .png()
        .toBuffer(),
    );
    put(
      'b/small.png',
      await raw(2, 2, 3, () => [3, 2, 1])
        .png()
        .toBuffer(),
    );
    const [wide, small] = await pixels();
    expect(new Set(wide)).toEqual(new Set([9]));
    expect(at(small!, 7, 7)).toEqual([3, 2, 1]);
  });

  it('says where it expected images', async () => {
    await expect(
      readImageFolder({ folder: join(folder, 'x'), size: 8, testFraction: 0.5, seed: 1, concurrency: 1 }),
    ).rejects.toThrow(new UserError(`missing folder: ${folder}/x. expected a folder of images for each class in it`));
    put('a/deeper/0.txt', 'x');
    await expect(read()).rejects.toThrow(
      new UserError(
        `no images: ${folder} has 1 file that is no image (.txt 1). expected ${folder}/<class>/<image>.jpg or .png`,
      ),
    );
    for (let i = 0; i < 2; i++) put(`b/${i}.png`, await flat(i).toBuffer());
    mkdirSync(join(folder, 'c'));
    await expect(read()).rejects.toThrow(/^no images: .*\/c\. expected .*\. remove the folder or fill it$/);
  });
});
