import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checked, withChecksum } from './checksum.ts';

it('gives back what it is given, and the CRC that zlib has', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.jsonValue(), { minKeys: 1 }),
      (value) => {
        const line = withChecksum(value);
        const { crc, ...rest } = JSON.parse(line);
        if (!Object.hasOwn(value, 'crc')) expect(rest).toEqual(JSON.parse(JSON.stringify(value)));
        expect(line.slice(8, 16)).toBe(crc32(line.slice(18)).toString(16).padStart(8, '0'));
        expect(checked(line)).toEqual(JSON.parse(JSON.stringify(value)));
        return crc !== undefined;
      },
    ),
  );
});

it('finds every change of a byte', () => {
  const line = withChecksum({ time: 1, type: 'metrics', step: 3, values: { loss: 0.25 } });
  for (let at = 0; at < line.length; at++) {
    for (const bit of [1, 8]) {
      const damaged = line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ bit) + line.slice(at + 1);
      expect(checked(damaged), damaged).toBeUndefined();
    }
  }
  expect(checked(line.slice(0, -1))).toBeUndefined();
});

it('takes lines of before, and nothing that is no object', () => {
  expect(checked('{"time":1}')).toEqual({ time: 1 });
  for (const line of ['', 'null', '7', '{}', '\0\0', '{"time":']) expect(checked(line)).toBeUndefined();
});
