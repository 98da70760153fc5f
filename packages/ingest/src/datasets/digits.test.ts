import { UserError } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { collectRows } from '../collect-rows.ts';
import { digits } from './digits.ts';

/** As in optdigits.tes; the first two values tell which row it is. */
const line = (row: number) => [row % 17, (row >> 4) % 17, ...Array<number>(62).fill(16), row % 10].join();
const lines = Array.from({ length: 1797 }, (_, row) => line(row));
const read = (text: string) => digits.read([Buffer.from(text)]);
const collect = async () => {
  const { train, test } = read(`${lines.join('\n')}\n`);
  return { train: await collectRows(train), test: await collectRows(test) };
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

  it('reads files with any line ends', () => {
    expect(read(lines.join('\r\n')).train.count).toBe(1297);
  });

  it('refuses a file with another number of rows', () => {
    expect(() => read(lines.slice(1).join('\n'))).toThrow(
      new UserError('invalid digits file: 1796 rows. expected 1797'),
    );
    expect(() => read('')).toThrow(UserError);
  });

  it.each([
    ['too few values', line(3).slice(2)],
    ['too many', `1,${line(3)}`],
    ['a value over 16', line(3).replace('16', '17')],
    ['a fraction', line(3).replace('16', '1.5')],
    ['an empty value', line(3).replace('16', '')],
    ['no digit for a label', line(3).replace(/\d$/, '10')],
    ['text for a label', line(3).replace(/\d$/, 'x')],
  ])('names a row with %s', (_what, bad) => {
    const text = lines.with(3, bad).join('\n');
    expect(() => read(text)).toThrow(new UserError('invalid digits file: row 4. expected 64 values 0..16 and a digit'));
  });
});
