import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restoreGzipHeader } from './packages.ts';

describe('restoreGzipHeader', () => {
  it('makes of what `gzip -n` writes what `gzip` writes', () => {
    // printf 'hello hello hello' > t10k; touch -d @1504176606 t10k; gzip -9 -n -c t10k, and gzip -9 -c t10k (gzip 1.12).
    const bare = Buffer.from('H4sIAAAAAAACA8tIzcnJV8hAkACAiPnlEQAAAA==', 'base64');
    const published = 'H4sICN7pp1kCA3QxMGsAy0jNyclXyECQAICI+eURAAAA';
    const restored = restoreGzipHeader(bare, { name: 't10k', mtime: 1504176606 });
    expect(Buffer.from(restored).toString('base64')).toBe(published);
  });

  it('adds a name and a time and leaves the contents', () => {
    const name = fc.stringMatching(/^[\w.-]{1,40}$/);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), name, fc.nat(2 ** 32 - 1), (contents, name, mtime) => {
        const bare = gzipSync(contents);
        const restored = Buffer.from(restoreGzipHeader(bare, { name, mtime }));
        expect(restored.length).toBe(bare.length + name.length + 1);
        expect([...restored.subarray(0, 4)]).toEqual([0x1f, 0x8b, 8, 8]);
        expect(restored.readUInt32LE(4)).toBe(mtime);
        expect([...restored.subarray(8, 10)]).toEqual([...bare.subarray(8, 10)]);
        expect(restored.toString('latin1', 10, 11 + name.length)).toBe(`${name}\0`);
        expect([...gunzipSync(restored)]).toEqual([...contents]);
      }),
    );
  });

  it('refuses what is no gzip file, or has a name already', () => {
    const bare = gzipSync('x');
    const named = restoreGzipHeader(bare, { name: 'x', mtime: 1 });
    for (const bytes of [Buffer.from('text'), new Uint8Array(), named]) {
      expect(() => restoreGzipHeader(bytes, { name: 'x', mtime: 1 })).toThrow('not a gzip file with a bare header');
    }
  });
});
