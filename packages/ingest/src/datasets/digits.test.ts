import { UserError } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { Files, pixelsOf, readSplits } from '../testdata/archives.ts';
import { digits } from './digits.ts';

/** As in optdigits.tes; the first two values tell which row it is. */
const line = (row: number) => [row % 17, (row >> 4) % 17, ...Array<number>(62).fill(16), row % 10].join();
const lines = Array.from({ length: 1797 }, (_, row) => line(row));
const collect = async (text = `${lines.join('\n')}\n`) => {
  using files = new Files().put('optdigits.tes', text);
  const { train, test } = await readSplits(digits, files.open());
  const pixels = (rows: typeof train) => rows.map((row) => ({ pixels: pixelsOf(row), label: row.label }));
  return { train: pixels(train), test: pixels(test) };
};

describe('digits', () => {
  it('stretches 0..16 to 0..255', async () => {
    const { train, test } = await collect();
    const all = [...train, ...test];
    expect(new Set(all.map(({ pixels }) => pixels[0]))).toEqual(
      new Set([0, 16, 32, 48, 64, 80, 96, 112, 128, 143, 159, 175, 191, 207, 223, 239, 255]),
    );
    expect(all.every(({ pixels }) => pixels.length === 64 && pixels[63] === 255)).toBe(true);
  });

  it('splits 1,297 to 500, every class in the same proportion, every time the same', async () => {
    const { train, test } = await collect();
    expect([train.length, test.length]).toEqual([1297, 500]);
    for (let digit = 0; digit < 10; digit++) {
      const n = test.filter(({ label }) => label === digit).length;
      // 179 or 180 rows a class, of which 500/1797.
      expect([49, 50, 51]).toContain(n);
    }
    expect(await collect()).toEqual({ train, test });
    // Fixed: other rows would be another dataset.
    expect(test.slice(0, 5).map(({ pixels }) => [pixels[0], pixels[1]])).toMatchInlineSnapshot(`
      [
        [
          128,
          0,
        ],
        [
          175,
          0,
        ],
        [
          207,
          0,
        ],
        [
          16,
          16,
        ],
        [
          48,
          16,
        ],
      ]
    `);
  });

  it('reads files with any line ends', async () => {
    expect((await collect(lines.join('\r\n'))).train).toHaveLength(1297);
  });

  it('refuses a file with another number of rows', async () => {
    await expect(collect(lines.slice(1).join('\n'))).rejects.toThrow(
      new UserError('invalid digits file: 1796 rows. expected 1797'),
    );
    await expect(collect('')).rejects.toThrow(UserError);
  });

  it.each([
    ['too few values', line(3).slice(2)],
    ['too many', `1,${line(3)}`],
    ['a value over 16', line(3).replace('16', '17')],
    ['a fraction', line(3).replace('16', '1.5')],
    ['an empty value', line(3).replace('16', '')],
    ['no digit for a label', line(3).replace(/\d$/, '10')],
    ['text for a label', line(3).replace(/\d$/, 'x')],
  ])('names a row with %s', async (_what, bad) => {
    const text = lines.with(3, bad).join('\n');
    await expect(collect(text)).rejects.toThrow(
      new UserError('invalid digits file: row 4. expected 64 values 0..16 and a digit'),
    );
  });
});
