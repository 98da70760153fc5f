import { readPickle } from '@simclr/pickle';
import { UserError } from '@simclr/stage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedTensors } from './named-tensors.ts';
import { torchSubstitutes } from './torch-tensors.ts';

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A tensor [2, 2] of a storage of four numbers, by protocol 2. */
const TENSOR =
  'ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x04tQK\0K\x02K\x02\x86K\x02K\x01\x86\x89NtR';

const readTensors = (pickle: Uint8Array) => {
  const { globals, load } = torchSubstitutes('x');
  return namedTensors(readPickle(pickle, 'x', { globals, load }).value);
};

it('whatever the bytes, tensors are found or it is said why not', () => {
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

  it('many arguments', () => {
    const { globals, load } = torchSubstitutes('x');
    const call = bytes(`\x80\x02ctorch\nSize\n(${'N'.repeat(300_000)}tR.`);
    expect(() => readPickle(call, 'x', { globals, load })).toThrow(UserError);
  });

  it('a tensor larger than its storage', () => {
    const huge = TENSOR.replace('K\x02K\x02\x86', 'J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86');
    expect(huge).not.toBe(TENSOR);
    expect(() => readTensors(bytes(`\x80\x02${huge}.`))).toThrow(/^damaged: x, its pickle\. copy /);
  });
});
