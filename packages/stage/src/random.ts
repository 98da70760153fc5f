/**
 * Addressed randomness: a number is a pure function of (seed, address), never of how many were drawn before. So results
 * depend neither on the number of workers nor on where a run was resumed.
 *
 * The generator is Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), the one that
 * TensorFlow and JAX-like systems use for stateless draws. Known answers of the Random123 distribution are in the test.
 */
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const mid = aHigh * bLow + (low >>> 16);
  const mid2 = aLow * bHigh + (mid & 0xffff);
  return (aHigh * bHigh + (mid >>> 16) + (mid2 >>> 16)) >>> 0;
}

/** One Philox4x32-10 block in place: `counter` (4 × uint32) becomes 4 random uint32 under the key (k0, k1). */
export function philox(counter: Uint32Array, k0: number, k1: number): void {
  let c0 = counter[0]!;
  let c1 = counter[1]!;
  let c2 = counter[2]!;
  let c3 = counter[3]!;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  counter[0] = c0;
  counter[1] = c1;
  counter[2] = c2;
  counter[3] = c3;
}

/** A stream of random numbers at one address. */
export interface Random {
  /** Uniform unsigned 32-bit integer. */
  uint32(): number;
  /** Uniform in [0, 1), a multiple of 2^-32. */
  next(): number;
}

/**
 * Random numbers at an address of up to three integers (each taken modulo 2^32), for example
 * `addressed(seed, epoch, image, view)`. The counter's first word counts the blocks drawn at this address.
 */
export function addressed(seed: number, ...address: number[]): Random {
  const stream = new AddressedStream();
  stream.seek(seed, address[0] ?? 0, address[1] ?? 0, address[2] ?? 0);
  return stream;
}

/** The same generator as `addressed`, reusable without allocation in hot loops: `seek` moves it to another address. */
export class AddressedStream implements Random {
  readonly #block = new Uint32Array(4);
  #k0 = 0;
  #k1 = 0;
  #blocks = 0;
  #left = 0;
  #a = 0;
  #b = 0;
  #c = 0;

  seek(seed: number, a: number, b: number, c: number): this {
    this.#k0 = seed >>> 0;
    this.#k1 = Math.floor(seed / 2 ** 32) >>> 0;
    this.#a = a >>> 0;
    this.#b = b >>> 0;
    this.#c = c >>> 0;
    this.#blocks = 0;
    this.#left = 0;
    return this;
  }

  uint32(): number {
    if (this.#left === 0) {
      const block = this.#block;
      block[0] = this.#blocks++;
      block[1] = this.#a;
      block[2] = this.#b;
      block[3] = this.#c;
      philox(block, this.#k0, this.#k1);
      this.#left = 4;
    }
    return this.#block[4 - this.#left--]!;
  }

  next(): number {
    return this.uint32() / 2 ** 32;
  }
}

/** Uniform integer in [0, n), without modulo bias worth speaking of for n < 2^21 (bias < n / 2^32). */
export function randomInt(random: Random, n: number): number {
  return Math.floor(random.next() * n);
}

/** Standard normal draw (Box–Muller, the cosine half). */
export function randomNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}

/** Random order of 0..n-1 at the address (seed, ...address): Fisher–Yates. */
export function permutation(n: number, seed: number, ...address: number[]): Uint32Array {
  const random = addressed(seed, ...address);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = randomInt(random, i + 1);
    const swap = order[i]!;
    order[i] = order[j]!;
    order[j] = swap;
  }
  return order;
}
