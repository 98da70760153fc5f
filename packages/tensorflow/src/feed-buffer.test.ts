import { describe, expect, it } from 'vitest';
import { feedBuffer } from './feed-buffer.ts';

describe('feedBuffer', () => {
  it('has the length asked for, in memory of whole pages that threads share', () => {
    for (const length of [0, 1, 16_384, 16_385]) {
      const values = feedBuffer(length);
      expect(values).toHaveLength(length);
      expect(values.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(values.buffer.byteLength % 65_536).toBe(0);
    }
  });

  it('goes beyond 4 GiB', () => {
    const length = 2 ** 30 + 5;
    // Untouched memory takes none.
    const values = feedBuffer(length);
    values[length - 1] = 3;
    expect(values).toHaveLength(length);
    expect([values[0], values.at(-1)]).toEqual([0, 3]);
  });
});
