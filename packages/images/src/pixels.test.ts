import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { checkImage } from './check.ts';
import { decode } from './decode.ts';
import { squarePixels } from './square.ts';

const SIDE = 12;

/** Made by testdata/pillow.py: files of 12×12 px, and their pixels where they are read, [12, 12, 3]. */
const kinds = JSON.parse(readFileSync(new URL('testdata/pillow.json', import.meta.url), 'utf8')) as {
  kind: string;
  file: string;
  rgb: string | null;
}[];
const bytes = (base64: string) => Buffer.from(base64, 'base64');
const read = kinds.flatMap(({ kind, file, rgb }) => (rgb === null ? [] : [[kind, bytes(file), bytes(rgb)] as const]));
const refused = kinds.flatMap(({ kind, file, rgb }) => (rgb === null ? [[kind, bytes(file)] as const] : []));

/** Of 255. Only what decoders may do in their own way: AVIF's interpolation of colour, and a division by alpha. */
const tolerance = (kind: string) => (/AVIF/.test(kind) ? 9 : /premultiplied/.test(kind) ? 1 : 0);

const worst = (a: Uint8Array, b: Uint8Array) => {
  expect(a.length).toBe(b.length);
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);
};
const whole = async (file: Uint8Array) => {
  const box = { y: 0, x: 0, height: SIDE, width: SIDE };
  return (await decode(file, { height: SIDE, width: SIDE }, [box], 1)).pixels;
};

describe('pixels of a file', () => {
  it.each(read)('are Pillow’s, with a size and without one: %s', async (kind, file, expected) => {
    expect(await checkImage(file)).toEqual({ height: SIDE, width: SIDE });
    const asFile = await whole(file);
    expect(worst(asFile, expected)).toBeLessThanOrEqual(tolerance(kind));
    expect(worst(await squarePixels(file, SIDE), asFile)).toBe(0);
  });

  it.each(read)('are resized as they are seen: %s', async (kind, file) => {
    const plain = await sharp(await whole(file), { raw: { width: SIDE, height: SIDE, channels: 3 } })
      .png()
      .toBuffer();
    // These are decoded at half their size to begin with.
    const most = /JPEG|WebP/.test(kind) ? 5 : 0;
    expect(worst(await squarePixels(file, SIDE / 2), await squarePixels(plain, SIDE / 2))).toBeLessThanOrEqual(most);
  });

  it.each(refused)('are refused in words where their range or colour is not known: %s', async (_, file) => {
    const words = /(whose black and white are unknown|which are not read|all but black)/;
    await expect(checkImage(file)).rejects.toThrow(words);
  });
});
