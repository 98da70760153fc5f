import { F64, f32x4, I32, i32, Kernel, single, v128 } from './assembler.ts';

/** Bytes of [r, g, b, –]. */
export const PIXEL = 16;

/**
 * One row of output pixels from as many taps as each needs, in single precision: (taps, end of taps, bytes of an output's
 * taps, wide, out). Taps are the place of the first pixel in bytes, the bytes of all weights, the weights. Writes four
 * bytes beyond the last pixel.
 */
export function makeGather(): Kernel {
  const k = new Kernel(I32, I32, I32, I32, I32);
  const [taps, to] = [k.parameter(0), k.parameter(4)];
  const [end, stride, wide] = [1, 2, 3].map((i) => k.parameter(i).get) as [number[], number[], number[]];
  const [pixel, tap, last] = [wide, wide, wide].map((start) => k.variable(start, I32));
  k.loop(taps, stride, end, () => {
    pixel!.set(i32.add(wide, i32.load(taps.get)));
    tap!.set(i32.add(taps.get, i32.const(8)));
    last!.set(i32.add(tap!.get, i32.load(taps.get, 4)));
    const sum = k.variable(f32x4.const(0));
    k.loop(tap!, 4, last!.get, () => {
      sum.set(f32x4.add(sum.get, f32x4.mul(v128.load32Splat(tap!.get), v128.load(pixel!.get))));
      pixel!.set(i32.add(pixel!.get, i32.const(PIXEL)));
    });
    k.do(v128.store(to.get, sum.get));
    to.set(i32.add(to.get, i32.const(12)));
  });
  return k;
}

/** out + weight · row: (row, weight, out, end of out). Writes whole vectors. */
export function makeAccumulate(): Kernel {
  const k = new Kernel(I32, F64, I32, I32);
  const [row, to] = [k.parameter(0), k.parameter(2)];
  const weight = k.let(f32x4.splat(single(k.parameter(1).get)));
  k.loop(to, 16, k.parameter(3).get, () => {
    k.do(v128.store(to.get, f32x4.add(v128.load(to.get), f32x4.mul(weight, v128.load(row.get)))));
    row.set(i32.add(row.get, i32.const(16)));
  });
  return k;
}
