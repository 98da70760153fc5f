import { WORDS } from './hash.ts';

/** Hashes of 64 bits are looked up by four chunks of 16. */
const CHUNKS = 4;
const KEYS = 2 ** 16;
/** Of a hash that differs in at most RADIUS bits, one chunk differs in at most two. */
export const RADIUS = 11;

/** Rows with a chunk in common beyond which it tells nothing: of clothes on black, thousands begin alike. */
const COMMON = 64;

/** All chunks with at most two bits set. */
const MASKS = Int32Array.from([
  0,
  ...Array.from({ length: 16 }, (_, i) => Array.from({ length: i + 1 }, (_, k) => (1 << i) | (1 << k))).flat(),
]);

const chunkOf = (low: number, high: number, chunk: number): number =>
  ((chunk < 2 ? low : high) >>> (16 * (chunk & 1))) & (KEYS - 1);

/** Bits set of 32. */
function count(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Hashes by the chunks that they consist of, so that those within RADIUS bits of another are found without a look at all of
 * them (Norouzi, Punjani, Fleet. Fast search in Hamming space with multi-index hashing. CVPR 2012).
 */
export class HashIndex {
  readonly #hashes: Int32Array;
  /** Of each chunk: where the rows of each value begin, and the rows. */
  readonly #starts: Int32Array[] = [];
  readonly #rows: Int32Array[] = [];

  /** @param hashes [n, WORDS] */
  constructor(hashes: Int32Array) {
    this.#hashes = hashes;
    const n = hashes.length / WORDS;
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const keyOf = (row: number) => chunkOf(hashes[row * WORDS]!, hashes[row * WORDS + 1]!, chunk);
      const starts = new Int32Array(KEYS + 1);
      for (let row = 0; row < n; row++) starts[keyOf(row) + 1]!++;
      for (let key = 0; key < KEYS; key++) starts[key + 1]! += starts[key]!;
      const next = starts.slice();
      const rows = new Int32Array(n);
      for (let row = 0; row < n; row++) rows[next[keyOf(row)]!++] = row;
      this.#starts.push(starts);
      this.#rows.push(rows);
    }
  }

  /** Adds the rows within RADIUS bits of a hash to `found`, and in how many bits they differ: the least, where met again. */
  near(low: number, high: number, found: Map<number, number>): void {
    const hashes = this.#hashes;
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const starts = this.#starts[chunk]!;
      const rows = this.#rows[chunk]!;
      const key = chunkOf(low, high, chunk);
      for (let m = 0; m < MASKS.length; m++) {
        const near = key ^ MASKS[m]!;
        const end = starts[near + 1]!;
        if (end - starts[near]! > COMMON) continue;
        for (let i = starts[near]!; i < end; i++) {
          const row = rows[i]!;
          const different = count(hashes[WORDS * row]! ^ low) + count(hashes[WORDS * row + 1]! ^ high);
          if (different <= RADIUS && different < (found.get(row) ?? RADIUS + 1)) found.set(row, different);
        }
      }
    }
  }
}
