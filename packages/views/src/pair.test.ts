import { UserError } from '@simclr/stage';
import { describe, expect, it } from 'vitest';
import { startViewLoader } from './loader.ts';
import { pairShape, parsePair, printPair } from './pair.ts';
import { parsePolicy } from './parse.ts';

describe('a pair of policies', () => {
  it('is one policy for both views, or one for each', () => {
    const [first, second] = parsePair('crop|flip');
    expect(first).toEqual(parsePolicy('crop|flip'));
    expect(second).toBe(first);
    expect(parsePair('crop / centercrop(1)')).toEqual([parsePolicy('crop'), parsePolicy('centercrop(1)')]);
  });

  it.each([
    ['crop( ) | flip', 'crop|flip'],
    ['crop|flip / crop|flip(p=0.5)', 'crop|flip'],
    ['rotate/centercrop(1,to=24)', 'rotate / centercrop(1,to=24)'],
  ])('%s prints as %s', (text, printed) => {
    expect(printPair(parsePair(text))).toBe(printed);
  });

  it.each([
    [
      'crop / flip / grayscale',
      'too many policies: crop / flip / grayscale. expected one, or two with a slash between them',
    ],
    ['crop /', "unknown operation: 'end' at 0 of view policy ''"],
    ['crop / flop', "unknown operation: 'flop' at 1 of view policy ' flop'"],
  ])('%s is refused in one line', (text, message) => {
    expect(() => parsePair(text)).toThrow(
      expect.objectContaining({ name: 'UserError', message: expect.stringContaining(message) }),
    );
  });

  it('has views of one shape', () => {
    const shape = [8, 8, 3] as const;
    expect(pairShape(parsePair('crop(to=4) / centercrop(to=4)'), { shape: [...shape] })).toEqual([4, 4, 3]);
    expect(() => pairShape(parsePair('crop(to=4) / flip'), { shape: [...shape] })).toThrow(
      new UserError('views differ: 4×4×3 and 8×8×3. give both policies the same to=<px>'),
    );
  });

  it('leaves the other view of a loader as it is, and makes the first as the policy alone does', async () => {
    const data = Uint8Array.from({ length: 4 * 64 * 3 }, (_, i) => (i * 37) % 256);
    const make = async (policy: string) => {
      const images = { data, shape: [8, 8, 3] as [number, number, number], rows: 4 };
      const loader = startViewLoader({ images, policy, seed: 5, batch: 4, totalSteps: 1, workers: 0 });
      const { views, images: order } = await loader.next(0);
      const made = { views: views.slice(), order: order.slice() };
      await loader.close();
      return made;
    };
    const both = await make('solarize(p=1)|rotate');
    const one = await make('solarize(p=1)|rotate / flip(p=0)');
    const half = one.views.length / 2;
    expect(one.views.subarray(0, half)).toEqual(both.views.subarray(0, half));
    const plain = [...one.order].flatMap((row) =>
      Array.from(data.subarray(row * 192, (row + 1) * 192), (v) => v / 255),
    );
    for (const [i, value] of plain.entries()) expect(one.views[half + i]).toBeCloseTo(value, 5);
  });
});
