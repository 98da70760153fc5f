import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { checkImage } from './check.ts';
import { decode } from './decode.ts';
import { HEIGHT, picture, WIDTH } from './testdata/pictures.ts';

const size = { height: HEIGHT, width: WIDTH };
const whole = async (file: Uint8Array) => (await decode(file, size, [{ y: 0, x: 0, ...size }], 1)).pixels;

const FORMATS: [name: string, make: () => Promise<Buffer>][] = [
  ['JPEG', () => picture(3).jpeg().toBuffer()],
  ['progressive JPEG', () => picture(3).jpeg({ progressive: true }).toBuffer()],
  ['grey JPEG', () => picture(1).toColourspace('b-w').jpeg().toBuffer()],
  ['PNG', () => picture(3).png().toBuffer()],
  ['interlaced PNG', () => picture(4).png({ progressive: true }).toBuffer()],
  ['GIF', () => picture(3).gif().toBuffer()],
  ['WebP', () => picture(3).webp().toBuffer()],
  ['TIFF', () => picture(3).tiff({ compression: 'lzw' }).toBuffer()],
  ['AVIF', () => picture(3).avif({ effort: 0 }).toBuffer()],
];

describe('checkImage', () => {
  it.each(FORMATS)('takes a whole file, and sees that one is cut short anywhere: %s', async (name, make) => {
    const file = await make();
    expect(await checkImage(file)).toEqual(size);
    // Pillow reads a PNG without its last chunk, a TIFF whose directory is whole, and so may we.
    const last = /PNG/.test(name) ? 16 : /GIF/.test(name) ? 2 : 1;
    for (const length of [0.1, 0.5, 0.9, 0.97, 0.999].map((share) =>
      Math.min(Math.floor(share * file.length), file.length - last),
    ))
      await expect(checkImage(file.subarray(0, length))).rejects.toThrow(/^(truncated|damaged) /);
  });

  it('says what is wrong in words', async () => {
    const jpeg = await picture(3).jpeg().toBuffer();
    const png = await picture(3).png().toBuffer();
    const reason = (file: Uint8Array) => checkImage(file).then(String, (error: Error) => error.message);
    expect(await reason(jpeg.subarray(0, 0.97 * jpeg.length))).toBe('truncated JPEG: premature end of JPEG image');
    expect(await reason(png.subarray(0, 0.97 * png.length))).toBe('truncated PNG');
    expect(await reason((await picture(3).avif({ effort: 0 }).toBuffer()).subarray(0, 600))).toMatch(/^truncated AVIF/);
    png[png.length >> 1]! ^= 4;
    expect(await reason(png)).toMatch(/^damaged PNG/);
    const zeros = Uint8Array.from(jpeg).fill(0, jpeg.length * 0.6);
    expect(await reason(zeros)).toBe('truncated JPEG: premature end of JPEG image');
  });

  it('takes what Pillow takes: rubbish after the end, and before it', async () => {
    const jpeg = await picture(3).jpeg().toBuffer();
    const end = jpeg.subarray(-2);
    for (const file of [
      Buffer.concat([jpeg, Buffer.from('rubbish')]),
      Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(3), end]),
    ]) {
      expect(await checkImage(file)).toEqual(size);
      expect(await whole(file)).toEqual(await whole(jpeg));
    }
  });

  it('is what decoding says too, whatever bits of a JPEG are wrong', async () => {
    const files = await Promise.all(FORMATS.slice(0, 3).map(([, make]) => make()));
    const property = fc.asyncProperty(
      fc.constantFrom(...files),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      fc.integer({ min: 1, max: 255 }),
      async (file, at, bits) => {
        const wrong = Uint8Array.from(file);
        wrong[Math.floor(at * file.length)]! ^= bits;
        const found = await checkImage(wrong).catch(() => undefined);
        // A size of its own has its own bounds.
        if (found && (found.height !== HEIGHT || found.width !== WIDTH)) return;
        const pixels = await whole(wrong).catch(() => undefined);
        expect(pixels !== undefined).toBe(found !== undefined);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it('refuses what would fill the memory, by its header', async () => {
    const file = await picture(3).jpeg().toBuffer();
    const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
    file.writeUInt16BE(20_000, frame + 5);
    file.writeUInt16BE(10_000, frame + 7);
    const words = 'too large: 10000×20000 pixels. at most 178 million are read. make it smaller';
    await expect(checkImage(file)).rejects.toThrow(words);
    const png = await picture(3).png().toBuffer();
    png.writeUInt32BE(100_000, 16);
    png.writeUInt32BE(100_000, 20);
    await expect(checkImage(png)).rejects.toThrow(/^(too large|damaged PNG)/);
  });

  it.each([
    [1, 1],
    [1, 5000],
    [5000, 1],
  ])('takes extreme sizes: %d × %d', async (height, width) => {
    const file = await sharp({ create: { width, height, channels: 3, background: '#123456' } })
      .jpeg()
      .toBuffer();
    expect(await checkImage(file)).toEqual({ height, width });
  });
});
