import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PickledObject } from './pickled-object.ts';
import { readPickle } from './read-pickle.ts';

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const read = (text: string) => readPickle(bytes(text), 'x').value;

describe('readPickle', () => {
  it('reads numbers, text and containers of every protocol', () => {
    expect(read('\x80\x02(K\x01J\xff\xff\xff\xff\x8a\x06\0\0\0\0\0\x01G?\xe0\0\0\0\0\0\0\x88Nt.')).toEqual([
      1,
      -1,
      2 ** 40,
      0.5,
      true,
      null,
    ]);
    expect(read('(I7\nL8L\nF0.5\nU\x01aT\x01\0\0\0bC\x01cl.')).toEqual([7, 8, 0.5, 'a', 'b', 'c']);
    expect(read('\x80\x04\x95\0\0\0\0\0\0\0\0\x8c\x01k\x94\x8f(K\x01\x90\x86.')).toEqual(['k', [1]]);
  });

  it('what is too long for text stays bytes, as a view', () => {
    const pickle = bytes(`\x80\x02T\x01\x10\0\0${'\xff'.repeat(4097)}.`);
    const value = readPickle(pickle, 'x').value as Uint8Array;
    expect([value.length, value[4096], value.buffer === pickle.buffer]).toEqual([4097, 255, true]);
  });

  it('a class or function becomes an object of that name, and is not looked up', () => {
    const { value, strangers } = readPickle(bytes('\x80\x02cposix\nsystem\nU\x02ls\x85R}U\x01aK\x01sb.'), 'x');
    expect(value).toBeInstanceOf(PickledObject);
    expect(value).toMatchObject({ name: 'posix.system', args: ['ls'], state: new Map([['a', 1]]) });
    expect([...strangers]).toEqual(['posix.system']);
  });

  it('what is damaged says where', () => {
    // INST, as Python 1 wrote it.
    expect(() => read('\x80\x02(ios\nsystem\n.')).toThrow(/^damaged or cut off: x, its pickle at byte 4\. copy /);
    expect(() => read('\x80\x02U\xffa')).toThrow(/^damaged or cut off: x, /);
    expect(() => read('\x80\x02c\x1b[2J\nx\n.')).toThrow(/^damaged or cut off: x, /);
    expect(() => read('\x80\x02h\x07.')).toThrow(/^damaged or cut off: x, /);
  });

  it('whatever the bytes, gives data or says why not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
        try {
          readPickle(Uint8Array.of(0x80, 2, ...tail), 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 2000, seed: 17 },
    );
  });

  it('many items at once, long numbers', () => {
    expect(read(`\x80\x02](${'N'.repeat(300_000)}e.`)).toHaveLength(300_000);
    expect(read(`\x80\x02\x8b\x40\x42\x0f\0${'\x01'.repeat(1_000_000)}.`)).toBe(Number.POSITIVE_INFINITY);
  });
});
