import { gzipSync } from 'node:zlib';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { damage, damaged, runs } from '../testdata/damage.ts';
import { gunzip, parseIdx } from './idx.ts';

/** Two images of 2×3. */
const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255);
const changed = (at: number, value: number) => idx.with(at, value);

describe('parseIdx', () => {
  it('reads sizes and values, wherever in a buffer the bytes lie', () => {
    const inside = Buffer.concat([Buffer.alloc(3), idx]).subarray(3);
    for (const bytes of [idx, inside]) {
      const { shape, data } = parseIdx(bytes, 'x');
      expect(shape).toEqual([2, 2, 3]);
      expect([...data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
    }
  });

  it.each([
    ['no leading zeros', changed(0, 1)],
    ['floats', changed(2, 0x0d)],
    ['no rank', changed(3, 0)],
    ['more sizes than bytes', changed(3, 200)],
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('<html>not found</html>')],
  ])('refuses %s', (_what, bytes) => {
    expect(() => parseIdx(bytes, 'images')).toThrow(UserError);
    expect(() => parseIdx(bytes, 'images')).toThrow(/^invalid idx file: images\. expected unsigned bytes/);
  });

  it('refuses every file that is cut short', () => {
    fc.assert(
      fc.property(fc.nat(idx.length - 1), (length) => {
        expect(() => parseIdx(idx.subarray(0, length), 'images')).toThrow(UserError);
      }),
    );
    expect(() => parseIdx(idx.subarray(0, -1), 'images')).toThrow(
      'truncated idx file: images has 11 values. expected 12 for [2,2,3]',
    );
  });
});

describe('gunzip', () => {
  it('unpacks', async () => {
    expect([...(await gunzip(gzipSync(idx), 'x'))]).toEqual([...idx]);
  });

  it('names an archive that is cut short, damaged, or none', async () => {
    const archive = gzipSync(Buffer.alloc(1000, 'abc'));
    const damaged = Buffer.from(archive.with(archive.length - 8, archive.at(-8)! ^ 1)); // The checksum.
    for (const bytes of [archive.subarray(0, -12), archive.subarray(0, 5), damaged, idx]) {
      await expect(gunzip(bytes, 'train.gz')).rejects.toThrow(UserError);
      await expect(gunzip(bytes, 'train.gz')).rejects.toThrow(
        /^truncated or damaged archive: train\.gz\. .+\. delete it/,
      );
    }
  });
});

it('an idx file that is damaged has the shape that it says, or is an error in words', () => {
  const whole = Buffer.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2, ...Array(8).keys()]);
  fc.assert(
    fc.property(damage, (how) => {
      try {
        const { shape, data } = parseIdx(damaged(whole, how), 'x');
        expect(shape.reduce((a, b) => a * b, 1)).toBe(data.length);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    }),
    runs(300),
  );
});
