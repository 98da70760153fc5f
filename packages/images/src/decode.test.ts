import { addressed, randomInt } from '@simclr/stage';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decode, imageSize } from './decode.ts';
import { readHeader } from './header.ts';
import { flat, rgb } from './rgb.ts';
import { FILES, HEIGHT, picture, WIDTH } from './testdata/pictures.ts';

describe('decode', () => {
  it.each(FILES)('gives the pixels of the whole image within the boxes: %s', async (_, make) => {
    const file = await make().toBuffer();
    const whole = rgb(await flat(file, await readHeader(file)));
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

  it('does not mix what is transparent with black when it decodes smaller', async () => {
    const pixels = Uint8Array.from({ length: 400 }, (_, i) => [200, 100, 50, i % 8 < 4 ? 0 : 255][i % 4]!);
    const file = await sharp(pixels, { raw: { width: 10, height: 10, channels: 4 } })
      .png()
      .toBuffer();
    const size = { height: 10, width: 10 };
    const smaller = await decode(file, size, [{ y: 0, x: 0, ...size }], 5);
    expect([...smaller.pixels]).toEqual(Array.from({ length: 4 }, () => [200, 100, 50]).flat());
  });

  it.each(FILES)('says of a file that ends early that it does: %s', async (_, make) => {
    const file = await make().toBuffer();
    const short = file.subarray(0, file.length >> 1);
    const box = { y: 0, x: 0, height: WIDTH, width: WIDTH };
    const size = { height: HEIGHT, width: WIDTH };
    for (const shrink of [1, 5])
      await expect(decode(short, size, [box], shrink)).rejects.toThrow(/^truncated (JPEG|PNG)/);
  });

  it('is exact for what another decoder sees too', async () => {
    const file = await picture(3).jpeg().withIccProfile('p3').toBuffer();
    const size = { height: HEIGHT, width: WIDTH };
    const { pixels } = await decode(file, size, [{ y: 0, x: 0, ...size }], 1);
    const plain = await sharp(file, { ignoreIcc: true }).raw().toBuffer();
    expect(plain.equals(pixels)).toBe(true);
  });
});
