import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsOf, readVarint } from './protobuf.ts';

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

const integer = fc.maxSafeNat().map((value) => [0x08, ...varint(value)]);
const text = fc.string().map((value) => [...Buffer.from(value)]);
const bytes = text.map((value) => [0x12, ...varint(value.length), ...value]);
const fixed32 = fc.nat().map((value) => [0x1d, ...new Uint8Array(Uint32Array.of(value).buffer)]);
const fixed64 = fc.nat().map((value) => [0x21, ...new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)]);
const fields = fc.array(fc.oneof(integer, bytes, fixed32, fixed64), { minLength: 1, maxLength: 5 });

const count = (message: Uint8Array): number => {
  const { ints, bytes } = fieldsOf(message);
  return [1, 2, 3, 4].reduce((sum, number) => sum + ints(number).length + bytes(number).length, 0);
};

describe('protocol buffers', () => {
  it('that are cut off anywhere are no message, but between two fields', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const message = Uint8Array.from(given.flat());
        const ends = given.map((_, i) => given.slice(0, i + 1).flat().length);
        for (let length = 1; length <= message.length; length++) {
          const cut = message.subarray(0, length);
          const whole = ends.indexOf(length) + 1;
          if (whole) expect(count(cut)).toBe(whole);
          else expect(() => fieldsOf(cut)).toThrow(RangeError);
        }
      }),
    );
  });

  it('give their fields by number, exact up to 2^53', () => {
    const message = Uint8Array.of(0x08, ...varint(Number.MAX_SAFE_INTEGER), 0x12, 2, 97, 98, 0x1d, 1, 0, 0, 0x80);
    const { ints, bytes } = fieldsOf(message);
    expect([ints(1), ints(3), bytes(2), ints(2), bytes(1)]).toEqual([
      [Number.MAX_SAFE_INTEGER],
      [0x80000001],
      [Uint8Array.of(97, 98)],
      [],
      [],
    ]);
  });

  it('of any bytes are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (any) => {
        try {
          count(any);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('readVarint', () => {
  it('says where it ends, and refuses one that does not', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat({ max: 3 }), (value, at) => {
        const own = varint(value);
        const padded = Uint8Array.of(...Array(at).fill(255), ...own, 1);
        expect(readVarint(padded, at)).toEqual([value, at + own.length]);
        for (let length = 0; length < own.length; length++)
          expect(() => readVarint(padded.subarray(0, at + length), at)).toThrow(RangeError);
      }),
    );
    expect(() => readVarint(new Uint8Array(20).fill(255), 0)).toThrow(RangeError);
  });
});
