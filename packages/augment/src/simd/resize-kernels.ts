import { type Code, F64, f64x2, I32, i32, Kernel, v128 } from './assembler.ts';

/** Bytes of a pixel [r, g, b, –] in double precision. */
export const WIDE = 32;
/** Bytes of an output's taps: four weights in double precision, then where their pixels are, in bytes of `WIDE` pixels. */
export const TAPS = 48;

/** uint8 pixels to double precision: (pixels, end, wide). Reads a byte beyond the last pixel. */
function makeWiden(): Kernel {
  const k = new Kernel(I32, I32, I32);
  const [at, to] = [k.parameter(0), k.parameter(2)];
  k.loop(at, 3, k.parameter(1).get, () => {
    const pixel = k.let(v128.widen(v128.load32(at.get)));
    k.do(v128.store(to.get, f64x2.fromIntegers(pixel)));
    k.do(v128.store(to.get, f64x2.fromIntegers(v128.shuffle(pixel, pixel, [2, 3, 2, 3])), 16));
    to.set(i32.add(to.get, i32.const(WIDE)));
  });
  return k;
}

/** Four products, added from the left as ops/resize.ts adds them. */
function weighted(weights: readonly Code[], values: readonly Code[]): Code {
  return values.map((value, i) => f64x2.mul(weights[i]!, value)).reduce((sum, product) => f64x2.add(sum, product));
}

/** One row of output pixels: (taps, end of taps, wide, scale, out). Writes four bytes beyond the last pixel. */
function makeHorizontal(): Kernel {
  const k = new Kernel(I32, I32, I32, F64, I32);
  const [taps, to] = [k.parameter(0), k.parameter(4)];
  const wide = k.parameter(2).get;
  const scale = k.let(f64x2.splat(k.parameter(3).get));
  k.loop(taps, TAPS, k.parameter(1).get, () => {
    const weights = [0, 1, 2, 3].map((i) => k.let(v128.load64Splat(taps.get, 8 * i)));
    const pixels = [0, 1, 2, 3].map((i) => k.variable(i32.add(wide, i32.load(taps.get, 32 + 4 * i)), I32).get);
    const channels = [0, 16].map((offset) => {
      const values = pixels.map((pixel) => v128.load(pixel, offset));
      return f64x2.toFloats(f64x2.mul(scale, weighted(weights, values)));
    }) as [Code, Code];
    k.do(v128.store(to.get, v128.shuffle(...channels, [0, 1, 4, 5])));
    to.set(i32.add(to.get, i32.const(12)));
  });
  return k;
}

/** One output row from four: (row × 4, weight × 4, out, end of out). Writes whole vectors. */
function makeVertical(): Kernel {
  const k = new Kernel(I32, I32, I32, I32, F64, F64, F64, F64, I32, I32);
  const rows = [0, 1, 2, 3].map((i) => k.parameter(i));
  const weights = [4, 5, 6, 7].map((i) => k.let(f64x2.splat(k.parameter(i).get)));
  const to = k.parameter(8);
  k.loop(to, 16, k.parameter(9).get, () => {
    const half = (offset: number) => {
      const values = rows.map((row) => f64x2.fromFloats(v128.load64(row.get, offset)));
      return f64x2.toFloats(weighted(weights, values));
    };
    k.do(v128.store(to.get, v128.shuffle(half(0), half(8), [0, 1, 4, 5])));
    for (const row of rows) row.set(i32.add(row.get, i32.const(16)));
  });
  return k;
}

export const resizeKernels = { widen: makeWiden(), horizontal: makeHorizontal(), vertical: makeVertical() };
