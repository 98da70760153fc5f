import fc from 'fast-check';

/** Fixed: what is found once is found again. */
export const runs = (numRuns: number): { seed: number; numRuns: number; endOnFailure: boolean } => ({
  seed: 19,
  numRuns,
  endOnFailure: true,
});

/** One or several bytes of it are others, or it is cut. */
export const damage = fc.oneof(
  fc.record({
    at: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 }),
    bit: fc.nat(7),
  }),
  fc.record({ cut: fc.double({ min: 0, max: 1, noNaN: true }) }),
);
export function damaged(bytes: Buffer, how: { at: number[]; bit: number } | { cut: number }): Buffer {
  if ('cut' in how) return bytes.subarray(0, Math.floor(how.cut * bytes.length));
  const copy = Buffer.from(bytes);
  for (const share of how.at) copy[Math.floor(share * (copy.length - 1))]! ^= 1 << how.bit;
  return copy;
}

