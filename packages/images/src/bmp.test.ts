import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkImage, decode, imageSize, squarePixels } from './index.ts';
import { BITMAPS } from './testdata/bitmaps.ts';

const whole = { y: 0, x: 0, height: 3, width: 5 };
const fileOf = (name: string) => Buffer.from(BITMAPS[name]![0], 'base64');
const reason = (file: Uint8Array) => checkImage(file).catch((error: Error) => error.message);

describe('bitmaps of Windows and OS/2', () => {
  it.each(Object.entries(BITMAPS))('have the pixels that Pillow gives: %s', async (name, [, pixels]) => {
    const file = fileOf(name);
    expect(await imageSize(file)).toEqual({ height: 3, width: 5 });
    expect(await checkImage(file)).toEqual({ height: 3, width: 5 });
    const decoded = await decode(file, { height: 3, width: 5 }, [whole], 1);
    expect(Buffer.from(decoded.pixels)).toEqual(Buffer.from(pixels, 'base64'));
    expect(await squarePixels(file, 3)).toHaveLength(27);
  });

  it('are refused where they are cut, or of kinds that are not read', async () => {
    for (const name of ['rgb24', 'palette4', 'rle8'])
      expect(await reason(fileOf(name).subarray(0, -10))).toMatch(/^truncated BMP: its pixels end too soon$/);
    expect(await reason(fileOf('rgb24').subarray(0, 40))).toBe('truncated BMP: its header is cut');
    const jpeg = fileOf('rgb24');
    jpeg.writeUInt32LE(4, 30);
    expect(await reason(jpeg)).toMatch(/^a BMP of 24 bits and compression 4, which is not read/);
    const huge = fileOf('rgb24');
    huge.writeInt32LE(1_000_000, 18);
    huge.writeInt32LE(1_000_000, 22);
    expect(await reason(huge)).toMatch(/^too large: 1000000×1000000 pixels/);
  });

  it('are an image or an error in a line, whatever bytes of them are others', async () => {
    const names = Object.keys(BITMAPS);
    const change = fc.record({ name: fc.constantFrom(...names), at: fc.nat(), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(change, async ({ name, at, value }) => {
        const file = fileOf(name);
        // Behind the four bytes that say what it is and how long.
        file[6 + (at % (file.length - 6))] = value;
        const found = await reason(file);
        if (typeof found === 'string') expect(found).not.toContain('\n');
        else expect(found).toMatchObject({ height: expect.any(Number), width: expect.any(Number) });
      }),
      { seed: 19, numRuns: 300 },
    );
  });
});
