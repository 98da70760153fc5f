import { addressed, randomInt } from '@simclr/stage';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decode, imageSize } from './decode.ts';
import { readJpegHeader } from './jpeg-header.ts';

const [HEIGHT, WIDTH] = [61, 83];

/** Noise over a slope: whatever is decoded otherwise shows. */
function picture(channels: 1 | 3 | 4): Sharp {
  const random = addressed(channels);
  const pixels = Uint8Array.from({ length: HEIGHT * WIDTH * channels }, (_, i) => (i % 120) + randomInt(random, 130));
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels } });
}

const FILES: [name: string, make: () => Sharp][] = [
  ['colour at half resolution (4:2:0)', () => picture(3).jpeg({ quality: 80 })],
  ['colour at full resolution (4:4:4)', () => picture(3).jpeg({ chromaSubsampling: '4:4:4' })],
  ['progressive', () => picture(3).jpeg({ progressive: true })],
  ['grey', () => picture(1).toColourspace('b-w').jpeg()],
  ['lying on its side', () => picture(3).jpeg().withMetadata({ orientation: 6 })],
  ['with a colour profile', () => picture(3).jpeg().withIccProfile('p3')],
  ['CMYK', () => picture(3).toColourspace('cmyk').jpeg()],
  ['PNG', () => picture(4).png()],
];

describe('decode', () => {
  it.each(FILES)('gives the pixels of the whole image within the boxes: %s', async (_, make) => {
    const file = await make().toBuffer();
    const whole = sharp(file).autoOrient().toColourspace('srgb').removeAlpha().raw();
    const { data, info } = await whole.toBuffer({ resolveWithObject: true });
    const size = await imageSize(file);
    expect(size).toEqual({ height: info.height, width: info.width });
    const random = addressed(7);
    for (let i = 0; i < 40; i++) {
      const height = 1 + randomInt(random, size.height);
      const width = 1 + randomInt(random, size.width);
      const box = {
        y: randomInt(random, size.height - height + 1),
        x: randomInt(random, size.width - width + 1),
        height,
        width,
      };
      const part = await decode(file, size, [box], 1);
      const rows = (pixels: Uint8Array, stride: number, y: number, x: number) =>
        Array.from({ length: height }, (_, r) =>
          Buffer.from(pixels.subarray(3 * ((y + r) * stride + x)).subarray(0, 3 * width)),
        );
      const got = Buffer.concat(rows(part.pixels, part.width, box.y - part.y, box.x - part.x));
      expect(got.equals(Buffer.concat(rows(data, info.width, box.y, box.x)))).toBe(true);
    }
  });

  it('refuses a file that ends early', async () => {
    const file = await picture(3).jpeg().toBuffer();
    const short = file.subarray(0, file.length >> 1);
    const box = { y: 0, x: 0, height: HEIGHT, width: WIDTH };
    await expect(decode(short, { height: HEIGHT, width: WIDTH }, [box], 1)).rejects.toThrow();
  });
});

describe('readJpegHeader', () => {
  it.each(FILES)('agrees with sharp: %s', async (_, make) => {
    const file = await make().toBuffer();
    const { format, width, height, channels, orientation = 1, hasProfile } = await sharp(file).metadata();
    const expected = { width, height, components: channels, orientation, hasProfile };
    expect(readJpegHeader(file)).toEqual(format === 'jpeg' ? expected : undefined);
  });

  it('makes nothing of a header that is cut short anywhere', async () => {
    const file = await picture(3).jpeg().withMetadata({ orientation: 3 }).toBuffer();
    const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
    for (let end = 0; end < frame + 10; end++) expect(readJpegHeader(file.subarray(0, end))).toBeUndefined();
    expect(readJpegHeader(file)?.orientation).toBe(3);
  });
});
