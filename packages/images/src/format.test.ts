import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageFormat } from './format.ts';
import { picture } from './testdata/pictures.ts';

const media = (...brands: string[]) => {
  const names = Buffer.from(`ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`, 'latin1');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(names.length + 4);
  return Buffer.concat([size, names, Buffer.alloc(40)]);
};
const latin = (text: string) => Buffer.from(text, 'latin1');

describe('imageFormat', () => {
  it('goes by content', async () => {
    for (const format of ['jpeg', 'png', 'gif', 'webp', 'tiff', 'avif'] as const)
      expect(imageFormat(await picture(3).toFormat(format, { effort: 1 }).toBuffer())).toBe(format);
    expect(imageFormat(media('mif1', 'avif', 'miaf'))).toBe('avif');
    expect(imageFormat(media('msf1', 'avis'))).toBe('avif');
    expect(() => imageFormat(media('mif1', 'miaf'))).toThrow(/^a HEIF image without AV1, which is not read/);
  });

  it.each([
    ['nothing', '', 'an empty file, 0 bytes'],
    ['zeros', '\0'.repeat(500), '500 bytes, all of them zero'],
    [
      'a pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:…',
      /^a Git LFS pointer, not an image\. git lfs pull fetches the file$/,
    ],
    ['a page', '\n<!DOCTYPE html><html><body><svg/>', /^an HTML page/],
    ['a page with a mark', '\xef\xbb\xbf<html>', /^an HTML page/],
    [
      'a drawing',
      '<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="…">',
      /^an SVG drawing, which is not read\. convert/,
    ],
    ['an answer', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', /^an XML document/],
    ['a message', 'Not found: 404\n', 'a text file, not an image: it begins with "Not found: 404"'],
    ['JSON', '{"message": "rate limit"}', /^a text file, not an image: it begins with "\{/],
    ['a document', '%PDF-1.7\n%\xe2\xe3', /^a PDF document/],

    ['layers', '8BPS\0\x01', /^a Photoshop document/],
    ['JPEG XL', '\xff\x0a\xfa\x1f', /^a JPEG XL image/],
    ['JPEG XL in its box', '\0\0\0\x0cJXL \r\n\x87\n', /^a JPEG XL image/],
    ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n', /^a JPEG 2000 image/],
    ['Canon’s raw', 'II*\0\x10\0\0\0CR\x02\0', /^a raw photograph/],
    ['an archive', 'PK\x03\x04\x14\0', /^an archive/],
    ['line ends converted', '\x89PNG\n\x1a\n\0\0\0\rIHDR', /^a PNG whose line ends/],
    ['resource fork', '\0\x05\x16\x07\0\x02\0\0Mac OS X', /^macOS metadata/],
    [
      'anything',
      '\x01\x02\x03\x04\x05\x06\x07\x08\x09',
      'no image of a format that is read: it begins with the bytes 0102030405060708',
    ],
  ])('says what else a file is: %s', (_, text, words) => {
    expect(() => imageFormat(latin(text))).toThrow(words);
  });

  it('says that HEIC is not read, and what other media files are', () => {
    for (const file of [media('heic', 'mif1', 'heic'), media('mif1', 'heic', 'miaf'), media('heix')])
      expect(() => imageFormat(file)).toThrow(
        /^a HEIC photograph \(HEVC\), which is not read\. convert it to JPEG or PNG/,
      );
    expect(() => imageFormat(media('isom', 'iso2', 'mp41'))).toThrow('a video, not an image');
    expect(() => imageFormat(media('crx ', 'isom'))).toThrow(/^a raw photograph/);
  });

  it('is the same for a part of a larger array', async () => {
    const file = await sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const larger = Buffer.concat([Buffer.alloc(7), file]);
    expect(imageFormat(larger.subarray(7))).toBe('png');
  });
});
