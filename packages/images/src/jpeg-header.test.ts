import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { readJpegHeader } from './jpeg-header.ts';
import { FILES, picture } from './testdata/pictures.ts';

describe('readJpegHeader', () => {
  it.each(FILES)('agrees with sharp: %s', async (_, make: () => Sharp) => {
    const file = await make().toBuffer();
    const { format, width, height, channels, orientation = 1 } = await sharp(file).metadata();
    const expected = { width, height, components: channels, orientation, common: true };
    expect(readJpegHeader(file)).toEqual(format === 'jpeg' ? expected : undefined);
  });

  it('makes nothing of a header that is cut short anywhere', async () => {
    const file = await picture(3).jpeg().withMetadata({ orientation: 3 }).toBuffer();
    const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
    for (let end = 0; end < frame + 10; end++) expect(readJpegHeader(file.subarray(0, end))).toBeUndefined();
    expect(readJpegHeader(file)?.orientation).toBe(3);
  });

  it('knows arithmetic codes, which not every decoder reads', async () => {
    const file = await picture(3).jpeg().toBuffer();
    file[file.indexOf(Buffer.from([0xff, 0xc0])) + 1] = 0xc9;
    expect(readJpegHeader(file)?.common).toBe(false);
  });
});
