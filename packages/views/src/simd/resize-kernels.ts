import { type Code, F64, f32x4, f64x2, I32, i32, Kernel, type KernelPrecision, single, v128 } from './assembler.ts';

const bytesOf = (precision: KernelPrecision): number => (precision === 'single' ? 4 : 8);

/** Bytes of a pixel [r, g, b, –]. */
export const wideBytes = (precision: KernelPrecision): number => 4 * bytesOf(precision);

/** Bytes of an output's taps: four weights, then where their pixels are, in bytes of such pixels. */
export const tapBytes = (precision: KernelPrecision): number => 4 * bytesOf(precision) + 16;

/** uint8 pixels to [r, g, b, –]: (pixels, end, wide). Reads a byte beyond the last pixel. */
export function makeWiden(precision: KernelPrecision): Kernel {
  const k = new Kernel(I32, I32, I32);
  const [at, to] = [k.parameter(0), k.parameter(2)];
  k.loop(at, 3, k.parameter(1).get, () => {
    const pixel = k.let(v128.widen(v128.load32(at.get)));
    if (precision === 'single') k.do(v128.store(to.get, f32x4.fromIntegers(pixel)));
    else {
      k.do(v128.store(to.get, f64x2.fromIntegers(pixel)));
      k.do(v128.store(to.get, f64x2.fromIntegers(v128.shuffle(pixel, pixel, [2, 3, 2, 3])), 16));
    }
    to.set(i32.add(to.get, i32.const(wideBytes(precision))));
  });
  return k;
}

/** Four products, added from the left as ops/resize.ts adds them. */
function weighted(precision: KernelPrecision, weights: readonly Code[], values: readonly Code[]): Code {
  const f = precision === 'single' ? f32x4 : f64x2;
  return values.map((value, i) => f.mul(weights[i]!, value)).reduce((sum, product) => f.add(sum, product));
}

/** One row of output pixels: (taps, end of taps, wide, scale, out). Writes four bytes beyond the last pixel. */
function makeHorizontal(precision: KernelPrecision): Kernel {
  const k = new Kernel(I32, I32, I32, F64, I32);
  const [taps, to] = [k.parameter(0), k.parameter(4)];
  const [wide, scale] = [k.parameter(2).get, k.parameter(3).get];
  const isSingle = precision === 'single';
  const scales = k.let(isSingle ? f32x4.splat(single(scale)) : f64x2.splat(scale));
  k.loop(taps, tapBytes(precision), k.parameter(1).get, () => {
    const weight = isSingle ? v128.load32Splat : v128.load64Splat;
    const weights = [0, 1, 2, 3].map((i) => k.let(weight(taps.get, bytesOf(precision) * i)));
    const place = (i: number) => i32.load(taps.get, 4 * bytesOf(precision) + 4 * i);
    const pixels = [0, 1, 2, 3].map((i) => k.variable(i32.add(wide, place(i)), I32).get);
    const sum = (offset: number) =>
      weighted(
        precision,
        weights,
        pixels.map((pixel) => v128.load(pixel, offset)),
      );
    const half = (offset: number) => f64x2.toFloats(f64x2.mul(scales, sum(offset)));
    const out = isSingle ? f32x4.mul(scales, sum(0)) : v128.shuffle(half(0), half(16), [0, 1, 4, 5]);
    k.do(v128.store(to.get, out));
    to.set(i32.add(to.get, i32.const(12)));
  });
  return k;
}

/** One output row from four: (row × 4, weight × 4, out, end of out). Writes whole vectors. */
function makeVertical(precision: KernelPrecision): Kernel {
  const k = new Kernel(I32, I32, I32, I32, F64, F64, F64, F64, I32, I32);
  const rows = [0, 1, 2, 3].map((i) => k.parameter(i));
  const isSingle = precision === 'single';
  const splat = (scalar: Code) => k.let(isSingle ? f32x4.splat(single(scalar)) : f64x2.splat(scalar));
  const weights = [4, 5, 6, 7].map((i) => splat(k.parameter(i).get));
  const to = k.parameter(8);
  k.loop(to, 16, k.parameter(9).get, () => {
    const half = (offset: number) => {
      const values = rows.map((row) => f64x2.fromFloats(v128.load64(row.get, offset)));
      return f64x2.toFloats(weighted(precision, weights, values));
    };
    const whole = () =>
      weighted(
        precision,
        weights,
        rows.map((row) => v128.load(row.get)),
      );
    k.do(v128.store(to.get, isSingle ? whole() : v128.shuffle(half(0), half(8), [0, 1, 4, 5])));
    for (const row of rows) row.set(i32.add(row.get, i32.const(16)));
  });
  return k;
}

export const resizeKernels = (precision: KernelPrecision) => ({
  widen: makeWiden(precision),
  horizontal: makeHorizontal(precision),
  vertical: makeVertical(precision),
});
