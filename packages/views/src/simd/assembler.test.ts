import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble, type Code, F64, f32x4, f64x2, I32, i32, Kernel, single, v128 } from './assembler.ts';

declare namespace WebAssembly {
  class Memory {
    constructor(limits: { initial: number });
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: { env: { memory: Memory } });
    readonly exports: Record<string, (...args: number[]) => void>;
  }
}

/** Assembles kernels beside a memory of 128 KiB. */
function load(kernels: Record<string, Kernel>) {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(kernels)), { env: { memory } });
  return { exports, memory: memory.buffer };
}

const [A, B, MASK, OUT] = [0, 16, 32, 64].map((address) => i32.const(address)) as [Code, Code, Code, Code];

/** A kernel that stores one value. */
function storing(value: Code, ...parameters: number[]): Kernel {
  const kernel = new Kernel(...parameters);
  kernel.do(v128.store(OUT, value));
  return kernel;
}

/** What an operation on vectors makes of 16 bytes a vector: `a`, `b`, and a third. */
function run(value: Code, ...vectors: ArrayBufferView[]): ArrayBuffer {
  const { exports, memory } = load({ kernel: storing(value) });
  for (const [i, { buffer }] of vectors.entries()) new Uint8Array(memory, 16 * i).set(new Uint8Array(buffer));
  exports.kernel!();
  return memory.slice(64, 80);
}
const [a, b, mask] = [A, B, MASK].map((address) => v128.load(address)) as [Code, Code, Code];

type Lanes = typeof f32x4 | typeof f64x2;
/** Lanes of -1 where it holds, as bits. */
const bits = (holds: boolean) => (holds ? -1 : 0);
const SPECIAL = [0, -0, 1, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 2 ** -149, 3.5];

describe.each([
  ['f32x4', f32x4, Float32Array, Int32Array, fc.float(), Math.fround],
  ['f64x2', f64x2, Float64Array, BigInt64Array, fc.double(), (x: number) => x],
] as const)('%s', (_name, lanes: Lanes, Floats, Integers, number, round) => {
  const size = 16 / Floats.BYTES_PER_ELEMENT;
  const either = fc.oneof(number, fc.constantFrom(...SPECIAL).map(round));
  const vector = fc.array(either, { minLength: size, maxLength: size }).map((values) => Floats.from(values));
  /** Lane by lane, NaN equal to NaN, −0 unlike 0. */
  const same = (value: (a: Code, b: Code) => Code, expected: (a: number, b: number) => number) =>
    fc.assert(
      fc.property(vector, vector, (x, y) => {
        const found = [...new Floats(run(value(a, b), x, y))];
        expect(found).toEqual(Array.from(x, (each, i) => round(expected(each, y[i]!))));
      }),
    );
  const mask = (value: (a: Code, b: Code) => Code, expected: (a: number, b: number) => boolean) =>
    fc.assert(
      fc.property(vector, vector, (x, y) => {
        const found = [...new Integers(run(value(a, b), x, y))].map(Number);
        expect(found).toEqual(Array.from(x, (each, i) => bits(expected(each, y[i]!))));
      }),
    );

  it('computes as JavaScript does, rounded', () => {
    same(lanes.add, (x, y) => x + y);
    same(lanes.sub, (x, y) => x - y);
    same(lanes.mul, (x, y) => x * y);
    same(lanes.div, (x, y) => x / y);
    same((x) => lanes.abs(x), Math.abs);
  });

  it('compares as JavaScript does; least and most are as `?:` leaves them', () => {
    mask(lanes.equal, (x, y) => x === y);
    mask(lanes.less, (x, y) => x < y);
    mask(lanes.greater, (x, y) => x > y);
    mask(lanes.lessOrEqual, (x, y) => x <= y);
    mask(lanes.greaterOrEqual, (x, y) => x >= y);
    same(lanes.least, (x, y) => (y < x ? y : x));
    same(lanes.most, (x, y) => (x < y ? y : x));
  });

  it('has constants in every lane', () => {
    fc.assert(
      fc.property(either, (value) => {
        expect([...new Floats(run(lanes.const(value)))]).toEqual(Array(size).fill(value));
      }),
    );
  });
});

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('vectors of bits', () => {
  it('are joined by a mask, and taken out of it', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (x, y, m) => {
        const of = (value: Code) => [...new Uint8Array(run(value, x, y, m))];
        expect(of(v128.select(a, b, mask))).toEqual(Array.from(x, (each, i) => (each & m[i]!) | (y[i]! & ~m[i]!)));
        expect(of(v128.and(a, b))).toEqual(Array.from(x, (each, i) => each & y[i]!));
        expect(of(v128.without(a, b))).toEqual(Array.from(x, (each, i) => each & ~y[i]!));
      }),
    );
  });

  it('are shuffled by lanes of 32 bits', () => {
    const lane = fc.nat(7);
    fc.assert(
      fc.property(fc.tuple(lane, lane, lane, lane), (lanes) => {
        const found = new Int32Array(
          run(v128.shuffle(a, b, lanes), Int32Array.of(0, 1, 2, 3), Int32Array.of(4, 5, 6, 7)),
        );
        expect([...found]).toEqual(lanes);
      }),
    );
  });

  it('are loaded in parts, and stored in halves', () => {
    const words = Int32Array.of(1, 2, 3, 4);
    const of = (value: Code) => [...new Int32Array(run(value, words))];
    expect(of(v128.load32Splat(A, 4))).toEqual([2, 2, 2, 2]);
    expect(of(v128.load64Splat(A, 8))).toEqual([3, 4, 3, 4]);
    expect(of(v128.load32(A, 8))).toEqual([3, 0, 0, 0]);
    expect(of(v128.load64(A, 4))).toEqual([2, 3, 0, 0]);
    const half = new Kernel();
    half.do(v128.store64(OUT, a, 8));
    const { exports, memory } = load({ half });
    new Int32Array(memory).set(words);
    exports.half!();
    expect([...new Int32Array(memory, 64, 6)]).toEqual([0, 0, 1, 2, 0, 0]);
  });

  it('become numbers of other kinds', () => {
    fc.assert(
      fc.property(bytes, (x) => {
        expect([...new Int32Array(run(v128.widen(a), x))]).toEqual([...x.slice(0, 4)]);
        const four = new Float32Array(run(f32x4.fromIntegers(v128.widen(a)), x));
        expect([...four]).toEqual([...x.slice(0, 4)]);
        expect([...new Float64Array(run(f64x2.fromIntegers(v128.widen(a)), x))]).toEqual([...x.slice(0, 2)]);
        expect([...new Float64Array(run(f64x2.fromFloats(a), four))]).toEqual([...x.slice(0, 2)]);
      }),
    );
    expect([...new Float32Array(run(f64x2.toFloats(a), Float64Array.of(0.1, 1e300)))]).toEqual([
      Math.fround(0.1),
      Number.POSITIVE_INFINITY,
      0,
      0,
    ]);
    const { exports, memory } = load({ kernel: storing(f32x4.splat(single([0x20, 0])), F64) });
    exports.kernel!(0.1);
    expect([...new Float32Array(memory, 64, 4)]).toEqual(Array(4).fill(Math.fround(0.1)));
  });
});

describe('integers', () => {
  const integer = fc.oneof(fc.integer(), fc.constantFrom(0, 63, 64, -64, -65, 127, 128, 8191, 8192, -8192, -8193));

  it('of any size are written as they are, and computed modulo 2^32', () => {
    fc.assert(
      fc.property(integer, integer, (x, y) => {
        const kernel = new Kernel();
        const stores = [
          i32.const(x),
          i32.add(i32.const(x), i32.const(y)),
          i32.sub(i32.const(x), i32.const(y)),
          i32.mul(i32.const(x), i32.const(y)),
        ];
        // An address is what an integer is seen by: what is read back is where it differs from another.
        for (const [i, value] of stores.entries())
          kernel.do(v128.store(i32.const(64 + 16 * i), [...value, 0xfd, 0x11]));
        const { exports, memory } = load({ kernel });
        exports.kernel!();
        const found = [0, 1, 2, 3].map((i) => new Int32Array(memory, 64 + 16 * i, 1)[0]);
        expect(found).toEqual([x, (x + y) | 0, (x - y) | 0, Math.imul(x, y)]);
      }),
    );
  });
});

describe('a kernel', () => {
  it('loops to its end, once at least, in steps', () => {
    const ones = new Kernel(I32, I32);
    const at = ones.parameter(0);
    ones.loop(at, 16, ones.parameter(1).get, () => ones.do(v128.store(at.get, f32x4.const(1), 1024)));
    const filled = (from: number, to: number) => {
      const { exports, memory } = load({ ones });
      exports.ones!(from, to);
      const floats = new Float32Array(memory);
      return [floats.indexOf(1) * 4, floats.filter((value) => value === 1).length];
    };
    expect(filled(0, 64)).toEqual([1024, 16]);
    expect(filled(16, 17)).toEqual([1040, 4]);
    expect(filled(32, 0)).toEqual([1056, 4]);
  });

  it('has as many variables as it needs, and computes a constant once', () => {
    const kernel = new Kernel(I32);
    const many = Array.from({ length: 300 }, (_, i) => kernel.variable(f32x4.const(i)));
    many[299]!.set(f32x4.add(many[299]!.get, many[1]!.get));
    const [one, again, two] = [1, 1, 2].map((n) => kernel.once(f32x4.const(n))) as [Code, Code, Code];
    expect([again === one, two === one]).toEqual([true, false]);
    kernel.do(v128.store(OUT, f32x4.mul(two, f32x4.add(one, many[299]!.get))));
    const { exports, memory } = load({ kernel });
    exports.kernel!(0);
    expect(new Float32Array(memory, 64, 1)[0]).toBe(2 * (1 + 300));
  });

  it('stands beside others in a module, each by its name', () => {
    const kernels = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`kernel${i}`, storing(f32x4.const(i))]));
    const { exports, memory } = load(kernels);
    for (const i of [0, 127, 128, 199]) {
      exports[`kernel${i}`]!();
      expect(new Float32Array(memory, 64, 1)[0]).toBe(i);
    }
  });
});
