import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedTensors } from './named-tensors.ts';
import { readPickle } from './pickle.ts';
import { PickledObject } from './pickled-object.ts';
import { torchSubstitutes } from './torch-tensors.ts';

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const read = (text: string) => readPickle(bytes(text), 'x').value;

/** A tensor [2, 2] of a storage of four numbers, by protocol 2. */
const TENSOR =
  'ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQK\0K\x02K\x02\x86K\x02K\x01\x86\x89NtR';

const readTensors = (pickle: Uint8Array) => {
  const { globals, load } = torchSubstitutes('x');
  return namedTensors(readPickle(pickle, 'x', { globals, load }).value);
};

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
    const protocol2 = fc.uint8Array({ maxLength: 60 }).map((tail) => Uint8Array.of(0x80, 2, ...tail));
    const tensor = fc
      .tuple(fc.uint8Array({ maxLength: 12 }), fc.nat(TENSOR.length), fc.nat(12))
      .map(([middle, at, skip]) =>
        Buffer.concat([bytes(TENSOR.slice(0, at)), middle, bytes(`${TENSOR.slice(at + skip)}.`)]),
      );
    fc.assert(
      fc.property(fc.oneof(protocol2, tensor), (pickle) => {
        try {
          readTensors(pickle);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 4000, seed: 17 },
    );
  });
});

describe('claims that a few bytes make', () => {
  const depth = 100_000;

  it('lists in lists, and in themselves', () => {
    expect(readTensors(bytes(`\x80\x02${'('.repeat(depth)}${'l'.repeat(depth)}.`)).size).toBe(0);
    expect(readTensors(bytes('\x80\x02]q\0h\0a.')).size).toBe(0);
    expect(readTensors(bytes('\x80\x02]q\0(h\0h\0h\0e.')).size).toBe(0);
  });

  it('a pair of the pair before, and so on: 2^12 and 2^60 paths to a tensor', () => {
    const doubled = (count: number) =>
      bytes(`\x80\x02${TENSOR}${Array.from({ length: count }, () => 'q\x01h\x01\x86').join('')}.`);
    expect([...readTensors(doubled(12)).keys()]).toEqual(['0.0.0.0.0.0.0.0.0.0.0.0', '0.0.0.0.0.0.0.0.0.0.0.1']);
    expect(readTensors(doubled(60)).size).toBe(0);
  });

  it('many items at once, many arguments, long numbers', () => {
    expect(read(`\x80\x02](${'N'.repeat(300_000)}e.`)).toHaveLength(300_000);
    const { globals, load } = torchSubstitutes('x');
    const call = bytes(`\x80\x02ctorch\nSize\n(${'N'.repeat(300_000)}tR.`);
    expect(() => readPickle(call, 'x', { globals, load })).toThrow(UserError);
    expect(read(`\x80\x02\x8b\x40\x42\x0f\0${'\x01'.repeat(1_000_000)}.`)).toBe(Number.POSITIVE_INFINITY);
  });

  it('a tensor larger than its storage', () => {
    const huge = TENSOR.replace('K\x02K\x02\x86', 'J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86');
    expect(huge).not.toBe(TENSOR);
    expect(() => readTensors(bytes(`\x80\x02${huge}.`))).toThrow(/^damaged: x, its pickle\. copy /);
  });
});
