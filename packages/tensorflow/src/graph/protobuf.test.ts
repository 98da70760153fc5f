import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../testdata/parse-protobuf.ts';
import { ProtoWriter } from './protobuf.ts';

const hex = (writer: ProtoWriter) => writer.finish().toString('hex');

describe('ProtoWriter', () => {
  it("writes the examples of the format's documentation", () => {
    expect(hex(new ProtoWriter().int(1, 150))).toBe('089601');
    expect(hex(new ProtoWriter().bytes(2, 'testing'))).toBe('120774657374696e67');
    expect(hex(new ProtoWriter().message(3, new ProtoWriter().int(1, 150)))).toBe('1a03089601');
    expect(hex(new ProtoWriter().int(1, -2))).toBe('08feffffffffffffffff01');
    expect(hex(new ProtoWriter().float(4, 1))).toBe('250000803f');
    expect(hex(new ProtoWriter().entry(5, 'k', new ProtoWriter().int(1, 1)))).toBe('2a070a016b12020801');
  });

  it('writes any integer, string, and number of fields so that they read back', () => {
    const field = fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.oneof(fc.bigInt(0n, 2n ** 63n - 1n), fc.string()));
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const writer = new ProtoWriter();
        for (const [number, value] of fields) {
          if (typeof value === 'bigint') writer.int(number, value);
          else writer.bytes(number, value);
        }
        const expected = fields.map(([number, value]) => [
          number,
          typeof value === 'bigint' ? value : Buffer.from(value),
        ]);
        expect(parse(writer.finish())).toEqual(expected);
      }),
    );
  });
});
